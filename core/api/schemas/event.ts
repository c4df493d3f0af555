// Events and their receipts as OpenAPI shows them; what is checked is the hook's own payload schema, at ingest.
import { z } from 'zod';
import { pointedErrorSchema } from './problem.ts';
import { named, time } from './registry.ts';

export const mostEvents = 10_000;

const account = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .describe('The variables of the account under the names of the billing; GET /v1/hooks has the schema of each hook.');

const id = z.string().min(1).max(200);

export const eventSchema = named(
  'Event',
  z.object({
    id: id
      .optional()
      .describe('Your own id. An event of the same id is taken once; without one nothing tells repeats apart.'),
    hook: z.string().describe('Name of a hook, e.g. `user_drop`.'),
    account,
    occurred_at: time.optional().describe('When it happened; now, when it is not sent.'),
  }),
);

export const eventsSchema = named('Events', z.union([eventSchema, z.array(eventSchema).min(1).max(mostEvents)]));

export const cloudEventSchema = named(
  'CloudEvent',
  z.object({
    specversion: z.literal('1.0'),
    id,
    source: z.string().min(1),
    type: z.string().describe('Name of a hook.'),
    time: time.optional(),
    datacontenttype: z.string().optional(),
    data: z.object({ account }),
  }),
);

export const cloudEventsSchema = named('CloudEvents', z.array(cloudEventSchema).min(1).max(mostEvents));

const receipt = z.object({
  event: z.string(),
  jobs: z.array(z.string()).describe('Ids of the jobs that it became.'),
  duplicate: z.boolean().describe('An event of this id had been taken before; these are its jobs.'),
});

export const receiptSchema = named('Receipt', receipt);

export const receiptsSchema = named(
  'Receipts',
  z.array(
    z.union([
      receipt.extend({ status: z.literal(202) }),
      z.object({ status: z.literal(422), code: z.literal('input_invalid'), errors: z.array(pointedErrorSchema) }),
      z
        .object({ status: z.int(), code: z.string(), detail: z.string() })
        .describe('Right, but not taken now: send this one again.'),
    ]),
  ),
);

export const answersSchema = named('EventsTaken', z.union([receiptSchema, receiptsSchema]));
