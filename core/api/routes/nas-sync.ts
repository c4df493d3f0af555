// POST /v1/nas/{name}/sync: compare our sessions of a box with those that it lists, now.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { ApiDependencies } from '../deps.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { dryRunQuery } from '../schemas/look.ts';
import { syncAnswer, syncBody, syncSchema } from '../schemas/sync.ts';

/** A listing of a slow box can take longer than a caller waits; it goes on, and the next call joins it. */
const longestMs = 30_000;

export function nasSyncRoutes({ reconcile, log }: Pick<ApiDependencies, 'reconcile' | 'log'>): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/nas/{name}/sync',
      scope: 'act',
      operationId: 'syncNasSessions',
      summary: 'Compare our sessions of a box with those that it lists.',
      description:
        'Closes sessions that two listings in a row have not got, adopts those that we do not know. One run at a time for each box: who asks while one is under way gets its answer.',
      params: z.object({ name: z.string() }),
      query: z.strictObject({ dry_run: dryRunQuery }),
      body: syncBody,
      answers: {
        200: { description: 'What came of it, also when the box did not answer.', schema: syncSchema },
        404: { description: 'No such profile.' },
        409: { description: 'The profile is refused, or accounting is switched off.' },
        504: { description: 'The box is still listing; ask again.' },
      },
      async handle({ params: { name }, query, body, caller }) {
        if (reconcile === null)
          throw new OssiaError('conflict', 'Accounting is switched off, so there are no sessions to compare.');
        const { any_share: anyShare } = body;
        const { dry_run: dryRun } = query;
        log.info(
          { nas: name, by: caller.name, any_share: anyShare, dry_run: dryRun },
          'comparison of sessions asked for',
        );
        const { signal } = new AbortController();
        return json(200, syncAnswer(await inTime(reconcile.sync({ nas: name, anyShare, dryRun, signal }))));
      },
    }),
  ];
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const error = new OssiaError(
    'deadline_exceeded',
    'The box is still listing its sessions; ask again to hear the end.',
  );
  const timer = setTimeout(() => reject(error), longestMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined);
  }
}
