// GET /v1/stream: changes of jobs and of sessions as they happen.
import { z } from 'zod';
import { nasKeyOf } from '../../model/account.ts';
import type { Session } from '../../model/session.ts';
import type { NasDirectory } from '../../plugin-host/nas.ts';
import type { ApiDependencies } from '../deps.ts';
import type { Feed } from '../feed.ts';
import { type JobQuery, jobFilterShape, matcherOf } from '../job-query.ts';
import { defineRoute, type Route } from '../route.ts';

const kinds = ['jobs', 'sessions'] as const;
/** What only jobs have: without jobs it would filter nothing. */
const ofJobs = ['state', 'hook', 'event'] as const;

const query = z
  .strictObject({
    events: z
      .preprocess(
        (value) => (value === undefined ? undefined : [value].flat().flatMap((text) => String(text).split(','))),
        z.array(z.enum(kinds, { error: `expected ${kinds.join(', ')}` })).default(['jobs']),
      )
      .describe('What to follow, with commas: jobs, sessions.'),
    ...jobFilterShape,
  })
  .superRefine((asked, context) => {
    if (asked.events.includes('jobs')) return;
    for (const name of ofJobs)
      if (asked[name] !== undefined)
        context.addIssue({ code: 'custom', path: [name], message: 'filters jobs, which `events` does not ask for' });
  });

export function streamRoutes({ directory, feed }: Pick<ApiDependencies, 'directory'> & { feed: Feed }): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/v1/stream',
      scope: 'read',
      operationId: 'followChanges',
      summary: 'Follow the changes of jobs and of sessions as server-sent events.',
      description:
        'Each event is `event: job` with a Job as data, or `event: session` with a SessionChange: a session that began, ended, was given up or came back; ' +
        'updates between are none. `nas`, `user_id` and `login` filter both, `state`, `hook` and `event` jobs only. ' +
        'Nothing is replayed: after a break ask GET /v1/jobs and GET /v1/sessions for the state of now.',
      query,
      answers: { 200: { description: 'Until you leave or the daemon stops.', contentType: 'text/event-stream' } },
      async handle({ query: { events, ...filter }, response }) {
        feed.follow(response, {
          job: events.includes('jobs') ? matcherOf(filter, directory) : null,
          session: events.includes('sessions') ? sessionMatcherOf(filter, directory) : null,
        });
        return 'taken over';
      },
    }),
  ];
}

function sessionMatcherOf({ nas, user_id, login }: JobQuery, directory: NasDirectory): (session: Session) => boolean {
  return (session) =>
    (user_id === undefined || user_id === session.userId) &&
    (login === undefined || login === session.userName) &&
    (nas === undefined ||
      nas === session.nas ||
      isAt(session, nas) ||
      directory.find({ nas_ip: nas })?.name === session.nas);
}

function isAt({ nasIp }: Session, address: string): boolean {
  return nasIp !== '' && nasKeyOf({ nas_ip: nasIp }) === nasKeyOf({ nas_ip: address });
}
