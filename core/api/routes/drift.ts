// GET /v1/drift: over all boxes, how many accounts have something else than they should; and which they are.
import { z } from 'zod';
import type { DriftReport } from '../../accounts/resyncs.ts';
import { OssiaError } from '../../errors.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { driftAccountAnswer, driftAccountsSchema, driftAnswer, driftSchema } from '../schemas/drift.ts';

/** Counting a million accounts takes a while; it goes on, and the next call joins it. */
const longestMs = 10_000;
const expected = 'expected seconds';

export function driftRoutes({ drift }: Pick<ApiDependencies, 'drift'>): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/drift',
      scope: 'read',
      operationId: 'getDrift',
      summary: 'Over all boxes: accounts of which something else was made than they should have.',
      query: z.strictObject({
        max_age: z.coerce
          .number(expected)
          .min(0, expected)
          .max(86_400, 'expected 86400 at most')
          .default(60)
          .describe('Counted anew when the last count is older, in seconds; `at` says how old it is.'),
      }),
      answers: {
        200: { description: 'By box.', schema: driftSchema },
        504: { description: 'It is still being counted for the first time; ask again.' },
      },
      async handle({ query }) {
        return json(200, driftAnswer(await inTime(drift.report({ maxAgeMs: query.max_age * 1000 }), drift.last)));
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/drift/accounts',
      scope: 'read',
      operationId: 'listDriftAccounts',
      summary: 'The accounts that differ, and in what.',
      query: z.strictObject({
        nas: z.string().optional().describe('Name of a profile.'),
        limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(100),
        cursor: z.string().optional().describe('`next_cursor` of the page before.'),
      }),
      answers: {
        200: { description: 'A page.', schema: driftAccountsSchema },
        404: { description: 'No such profile.' },
      },
      async handle({ query: { nas, limit, cursor } }) {
        const page = await drift.accounts({
          limit,
          ...(nas !== undefined && { nas }),
          ...(cursor !== undefined && { after: cursor }),
        });
        return json(200, { accounts: page.accounts.map(driftAccountAnswer), next_cursor: page.next });
      },
    }),
  ];
}

/** When counting takes longer than a caller waits, the last count has to do. */
async function inTime(work: Promise<DriftReport>, last: () => DriftReport | null): Promise<DriftReport> {
  const { promise: late, resolve, reject } = Promise.withResolvers<DriftReport>();
  const timer = setTimeout(() => {
    const known = last();
    if (known === null) reject(new OssiaError('deadline_exceeded', 'It is still being counted; ask again.'));
    else resolve(known);
  }, longestMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
