// GET /v1/jobs, GET /v1/jobs/{id}, and an operator's hand on one of them.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { Job } from '../../model/job.ts';
import { editedBy } from '../../queue/superseding.ts';
import { callOff } from '../call-off.ts';
import type { ApiDependencies } from '../deps.ts';
import { jobSearchShape, toFilter } from '../job-query.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { accountAnswer, jobAnswer, jobDetailSchema, jobPageSchema, jobSchema, journalAnswer } from '../schemas/job.ts';
import { reasonText, variablesToSet } from '../schemas/job-bulk.ts';
import { dryRunQuery, planAnswer, planSchema } from '../schemas/look.ts';

type Needs = Pick<ApiDependencies, 'store' | 'directory' | 'control' | 'accounts' | 'log'>;

const id = z.string().regex(/^\d{1,20}$/, 'expected the number of a job');
const params = z.object({ id });
const listQuery = z.strictObject({
  ...jobSearchShape,
  limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(50),
  cursor: id.optional().describe('`next_cursor` of the page before.'),
});
const dryRun = z.strictObject({ dry_run: dryRunQuery });
const retryBody = z.strictObject({ account: variablesToSet.optional() }).default({});
const skipBody = z.strictObject({ reason: reasonText });

export function jobRoutes({ store, directory, control, accounts, log }: Needs): Route[] {
  /** For what is only tried: the queue looks at it again when it is meant. */
  async function changeable(jobId: string): Promise<Job> {
    const job = await store.job(jobId);
    if (job === undefined) throw noSuchJob(jobId);
    if (job.state === 'done' || job.state === 'superseded')
      throw new OssiaError('conflict', `Job ${jobId} is ${job.state}; there is nothing to change.`);
    return job;
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/jobs',
      scope: 'read',
      operationId: 'listJobs',
      summary: 'Jobs from new to old.',
      query: listQuery,
      answers: { 200: { description: 'A page of jobs.', schema: jobPageSchema } },
      async handle({ query }) {
        const { limit, cursor, ...filter } = query;
        const before = cursor === undefined ? {} : { before: cursor };
        const wanted = toFilter(filter, { directory, now: Date.now() });
        const found = await store.jobs({ ...wanted, ...before, limit: limit + 1 });
        const page = found.slice(0, limit);
        const next_cursor = found.length > limit ? (page.at(-1)?.id ?? null) : null;
        return json(200, { jobs: page.map((job) => jobAnswer(job, directory)), next_cursor });
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/v1/jobs/{id}',
      scope: 'read',
      operationId: 'getJob',
      summary: 'One job with all that was sent, answered and said for it.',
      params,
      answers: { 200: { description: 'The job.', schema: jobDetailSchema }, 404: { description: 'No such job.' } },
      async handle({ params }) {
        const [job, journal] = await Promise.all([store.job(params.id), store.journal(params.id)]);
        if (job === undefined) throw noSuchJob(params.id);
        const account = accountAnswer(job.account);
        const holder = control.holderOf(job);
        const waits_for = holder === undefined ? null : jobAnswer(holder, directory);
        return json(200, { ...jobAnswer(job, directory), account, waits_for, journal: journal.map(journalAnswer) });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/jobs/{id}/retry',
      scope: 'act',
      operationId: 'retryJob',
      summary: 'Run a job again at once that waits for a retry, is parked, or ended without being done.',
      description: 'With `dry_run`: what it would send, in the words of its box; nothing is kept.',
      params,
      query: dryRun,
      body: retryBody,
      answers: {
        200: {
          description: 'It will run; one whose flag something newer has settled since is `superseded`.',
          schema: z.union([jobSchema, planSchema]),
        },
        404: { description: 'No such job.' },
        409: { description: 'Its state does not allow this.' },
        422: {
          description: 'With these variables it would be the job of another account or box, or the hook refuses them.',
        },
      },
      async handle({ params, query, body: { account: edit }, caller, response }) {
        if (query.dry_run) {
          const { hook, account } = await changeable(params.id);
          const steps = [{ job: params.id, hook, account: editedBy(account, edit ?? {}) }];
          return json(200, planAnswer(await accounts.preview(steps, callOff(response))));
        }
        const job = await control.retry(params.id, caller.name, edit);
        log.info({ job: params.id, by: caller.name }, 'job retried by an operator');
        return json(200, jobAnswer(job, directory));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/jobs/{id}/skip',
      scope: 'act',
      operationId: 'skipJob',
      summary: 'End a job without running it, so that its lane goes on.',
      description: 'With `dry_run`: the job as it is.',
      params,
      query: dryRun,
      body: skipBody,
      answers: {
        200: { description: 'It is skipped.', schema: jobSchema },
        404: { description: 'No such job.' },
        409: { description: 'Its state does not allow this.' },
      },
      async handle({ params, query, body, caller }) {
        if (query.dry_run) return json(200, jobAnswer(await changeable(params.id), directory));
        const job = await control.skip(params.id, { by: caller.name, reason: body.reason });
        log.info({ job: params.id, by: caller.name }, 'job skipped by an operator');
        return json(200, jobAnswer(job, directory));
      },
    }),
  ];
}

function noSuchJob(jobId: string): OssiaError {
  return new OssiaError('not_found', `There is no job ${jobId}.`);
}
