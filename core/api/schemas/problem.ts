// Problem details as OpenAPI shows them.
import { z } from 'zod';
import { codes } from '../../errors.ts';
import { named } from './registry.ts';

export const pointedErrorSchema = named(
  'PointedError',
  z.object({
    pointer: z
      .string()
      .describe('JSON pointer into the body of the request; or `?name` for a parameter of the query or path.'),
    detail: z.string(),
  }),
);

export const problemSchema = named(
  'Problem',
  z.object({
    type: z.string().describe('`urn:ossia:problem:` and the code.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(Object.keys(codes) as [string, ...string[]]),
    instance: z.string().describe('Names this request in the log of the daemon.'),
    errors: z.array(pointedErrorSchema).optional().describe('Every wrong field.'),
  }),
);
