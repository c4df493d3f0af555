// GET /v1/stream: changes of jobs as they happen.
import { z } from 'zod';
import type { ApiDependencies } from '../deps.ts';
import type { JobFeed } from '../job-feed.ts';
import { jobFilterShape, matcherOf } from '../job-query.ts';
import { defineRoute, type Route } from '../route.ts';

export function streamRoutes({ directory, feed }: Pick<ApiDependencies, 'directory'> & { feed: JobFeed }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/stream',
      scope: 'read',
      operationId: 'followJobs',
      summary: 'Follow the changes of jobs as server-sent events.',
      description:
        'Each event is `event: job` with a Job as data. Nothing is replayed: after a break ask GET /v1/jobs for the state of now.',
      query: z.strictObject(jobFilterShape),
      answers: { 200: { description: 'Until you leave or the daemon stops.', contentType: 'text/event-stream' } },
      async handle({ query, response }) {
        feed.follow(response, matcherOf(query, directory));
        return 'taken over';
      },
    }),
  ];
}
