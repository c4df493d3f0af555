// POST /v1/jobs/retry and /v1/jobs/skip: an operator's hand on all jobs that match.
import { z } from 'zod';
import type { BulkAction } from '../../queue/queue.ts';
import type { ApiDependencies } from '../deps.ts';
import { toFilter } from '../job-query.ts';
import { defineRoute, json, type Reply, type Route } from '../route.ts';
import { bulkAnswer, bulkRetryBody, bulkSchema, bulkSkipBody } from '../schemas/job-bulk.ts';
import { dryRunQuery } from '../schemas/look.ts';

const query = z.strictObject({ dry_run: dryRunQuery });
const answers = {
  200: { description: 'Done, or with `dry_run` counted.', schema: bulkSchema },
  207: { description: 'Some are left as they were, with why.', schema: bulkSchema },
};

export function jobBulkRoutes({
  directory,
  control,
  log,
}: Pick<ApiDependencies, 'directory' | 'control' | 'log'>): Route[] {
  async function act(asked: BulkAction): Promise<Reply> {
    const { action, by, dryRun, reason } = asked;
    const report = bulkAnswer(await control.bulk(asked), { directory, dryRun });
    const { matched, done, superseded, failed } = report;
    if (!dryRun)
      log.info({ by, action, reason, matched, done, superseded, failed }, 'many jobs changed by an operator');
    return json(failed === 0 ? 200 : 207, report);
  }
  const filterOf = ({
    filter = {},
    limit,
    cursor,
  }: Pick<z.output<typeof bulkSkipBody>, 'filter' | 'limit' | 'cursor'>) => ({
    ...(cursor === undefined ? {} : { before: cursor }),
    ...toFilter(filter, { directory, now: Date.now() }),
    limit,
  });
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/jobs/retry',
      scope: 'act',
      operationId: 'retryJobs',
      summary: 'Run all jobs again that match.',
      description:
        'Without `state`: those that are retrying, parked, refused or dead. One whose flag something newer has settled since ends `superseded` instead.',
      query,
      body: bulkRetryBody,
      answers,
      handle: ({ query: { dry_run: dryRun }, body, caller: { name: by } }) => {
        const edit = body.edit && { edit: body.edit.variables };
        return act({ action: 'retry', filter: filterOf(body), by, reason: body.reason ?? '', ...edit, dryRun });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/jobs/skip',
      scope: 'act',
      operationId: 'skipJobs',
      summary: 'End all jobs that match without running them.',
      query,
      body: bulkSkipBody,
      answers,
      handle: ({ query: { dry_run: dryRun }, body, caller: { name: by } }) =>
        act({ action: 'skip', filter: filterOf(body), by, reason: body.reason, dryRun }),
    }),
  ];
}
