// GET /v1/audit: who did what to many at once.
import { z } from 'zod';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { auditAnswer, auditPageSchema } from '../schemas/pause.ts';

const query = z.strictObject({
  limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(50),
  cursor: z.coerce.number('expected the cursor of a page').int().min(1).optional(),
});

export function auditRoutes({ store }: Pick<ApiDependencies, 'store'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/audit',
      scope: 'read',
      operationId: 'listAudit',
      summary: 'Who did what to many jobs, to boxes, and to whole plans at once.',
      query,
      answers: { 200: { description: 'A page of entries.', schema: auditPageSchema } },
      async handle({ query: { limit, cursor } }) {
        const before = cursor === undefined ? {} : { before: cursor };
        const found = await store.audit({ ...before, limit: limit + 1 });
        const page = found.slice(0, limit);
        const next_cursor = found.length > limit ? String(page.at(-1)?.id) : null;
        return json(200, { entries: page.map(auditAnswer), next_cursor });
      },
    }),
  ];
}
