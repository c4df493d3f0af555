// The named schemas of the API: what OpenAPI lists under components.
import { z } from 'zod';

export const apiSchemas = z.registry<{ id: string }>();

export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  apiSchemas.add(schema, { id });
  return schema;
}

export const time = z.iso.datetime({ offset: true });
