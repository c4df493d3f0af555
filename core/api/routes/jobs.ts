// GET /v1/jobs, GET /v1/jobs/{id}, and an operator's hand on one of them.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { Job } from '../../model/job.ts';
import type { Store } from '../../store/store.ts';
import type { ApiDependencies } from '../deps.ts';
import { type JobQuery, jobFilterShape, nasKeysOf, toFilter } from '../job-query.ts';
import { defineRoute, json, type Route } from '../route.ts';
import { accountAnswer, jobAnswer, jobDetailSchema, jobPageSchema, jobSchema, journalAnswer } from '../schemas/job.ts';

type Needs = Pick<ApiDependencies, 'store' | 'directory' | 'control' | 'log'>;

const id = z.string().regex(/^\d{1,20}$/, 'expected the number of a job');
const params = z.object({ id });
const listQuery = z.strictObject({
  ...jobFilterShape,
  limit: z.coerce.number('expected 1 to 1000').int('expected 1 to 1000').min(1).max(1000).default(50),
  cursor: id.optional().describe('`next_cursor` of the page before.'),
});
const skipBody = z.strictObject({
  reason: z.string('expected a text that says why').trim().min(1, 'is empty').max(500, 'is longer than 500 characters'),
});

export function jobRoutes({ store, directory, control, log }: Needs): Route[] {
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
        const found = await findJobs({ store, directory, filter, before: cursor, limit: limit + 1 });
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
        return json(200, { ...jobAnswer(job, directory), account, journal: journal.map(journalAnswer) });
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/jobs/{id}/retry',
      scope: 'act',
      operationId: 'retryJob',
      summary: 'Run a job again at once that waits for a retry, is parked, or ended without being done.',
      params,
      answers: {
        200: { description: 'It will run.', schema: jobSchema },
        404: { description: 'No such job.' },
        409: { description: 'Its state does not allow this.' },
      },
      async handle({ params, caller }) {
        const job = await control.retry(params.id, caller.name);
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
      params,
      body: skipBody,
      answers: {
        200: { description: 'It is skipped.', schema: jobSchema },
        404: { description: 'No such job.' },
        409: { description: 'Its state does not allow this.' },
      },
      async handle({ params, body, caller }) {
        const job = await control.skip(params.id, { by: caller.name, reason: body.reason });
        log.info({ job: params.id, by: caller.name }, 'job skipped by an operator');
        return json(200, jobAnswer(job, directory));
      },
    }),
  ];
}

interface Search extends Pick<ApiDependencies, 'directory'> {
  readonly store: Pick<Store, 'jobs'>;
  readonly filter: JobQuery;
  readonly before: string | undefined;
  readonly limit: number;
}

async function findJobs({ store, directory, filter, before, limit }: Search): Promise<readonly Job[]> {
  const wanted = { ...toFilter(filter), ...(before === undefined ? {} : { before }), limit };
  if (filter.nas === undefined) return store.jobs(wanted);
  const keys = nasKeysOf(filter.nas, directory);
  const lists = await Promise.all(keys.map((nasKey) => store.jobs({ ...wanted, nasKey })));
  if (lists.length === 1) return lists[0] ?? [];
  return lists.flat().sort(newestFirst).slice(0, limit);
}

function newestFirst(left: Job, right: Job): number {
  return right.id.length - left.id.length || (right.id > left.id ? 1 : -1);
}

function noSuchJob(jobId: string): OssiaError {
  return new OssiaError('not_found', `There is no job ${jobId}.`);
}
