// GET /v1/hooks: the catalogue as data, for billing cores and for code generators.
import { z } from 'zod';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { named } from '../schemas/registry.ts';

const hookSchema = named(
  'Hook',
  z.object({
    name: z.string(),
    summary: z.string(),
    kind: z.string(),
    settles: z.string(),
    payload: z.record(z.string(), z.unknown()).describe('JSON Schema of `account`.'),
  }),
);
const hookListSchema = named('HookList', z.object({ hooks: z.array(hookSchema) }));

export function hookRoutes({ hooks }: Pick<ApiDependencies, 'hooks'>): Route[] {
  const answer = json(200, { hooks });
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/hooks',
      scope: 'read',
      operationId: 'listHooks',
      summary: 'Every hook: what it means, what it settles, the JSON Schema of its account.',
      answers: { 200: { description: 'The catalogue.', schema: hookListSchema } },
      handle: async () => answer,
    }),
  ];
}
