// Sessions, what came of acting on them, and the support desk's view: the shapes of the answers, and how our objects become them.
import { z } from 'zod';
import type { Session } from '../../model/session.ts';
import type { ActionResult } from '../../sessions/actions.ts';
import { actionOutcomes } from '../../sessions/actions-outcome.ts';
import type { SessionTransition } from '../../sessions/book.ts';
import { causeOf } from '../../sessions/causes.ts';
import { iso } from './job.ts';
import { named, time } from './registry.ts';

const session = z.object({
  id: z.string(),
  state: z.enum(['live', 'closed']),
  nas: z.string().describe('Name of the profile.'),
  nas_ip: z.string(),
  nas_identifier: z.string(),
  acct_session_id: z.string(),
  login: z.string(),
  user_id: z.string().describe('Of the account; empty when none is known.'),
  framed_ip: z.string(),
  framed_ipv6_prefix: z.string(),
  delegated_ipv6_prefix: z.string(),
  mac: z.string().describe('Calling-Station-Id.'),
  called_station_id: z.string(),
  port: z.string(),
  multi_session_id: z.string(),
  class: z.string(),
  plan: z.string(),
  interim_interval: z.int().describe('Seconds between updates that the box promises, 0 when it never said.'),
  started_at: time,
  updated_at: time,
  ended_at: time.nullable(),
  terminate_cause: z
    .string()
    .nullable()
    .describe('`Lost-Carrier`, ...; `Inferred-...` when no box said it; null while live.'),
  inferred: z
    .enum(['reboot', 'stale', 'missing', 'replaced'])
    .nullable()
    .describe('Why we ended it; null when its box did.'),
  session_time: z.int().describe('Seconds.'),
  input_octets: z.int().describe('From the subscriber.'),
  output_octets: z.int().describe('To the subscriber.'),
  fields: z.record(z.string(), z.string()).describe('What the settings index besides.'),
});

export const sessionSchema = named('Session', session);
export type SessionAnswer = z.output<typeof session>;

const sessionChange = z.object({
  type: z
    .enum(['start', 'stop', 'stale', 'recovered'])
    .describe('stale: given up, since nothing was heard of it; recovered: given up before, and it goes on.'),
  session: sessionSchema,
});

export const sessionChangeSchema = named('SessionChange', sessionChange);

export const sessionPageSchema = named(
  'SessionPage',
  z.object({
    sessions: z.array(sessionSchema),
    next_cursor: z.string().nullable().describe('Send it as `cursor` for the rest; null at the end.'),
  }),
);

export const sessionFieldsSchema = named(
  'SessionFields',
  z.object({
    fields: z.array(z.object({ name: z.string(), operators: z.array(z.string()), indexed: z.boolean() })),
  }),
);

export const sessionCountSchema = named('SessionCount', z.object({ count: z.int() }));

const result = z.object({
  session: sessionSchema.describe('As it stands now.'),
  outcome: z
    .enum(actionOutcomes)
    .describe(
      'ack: the box took it; gone: it has no such session; nak: it said no; silence: no answer; pending: not told yet, the job goes on; ' +
        'unsupported, failed, no_profile, rejected: it could not be told; over: ended before; recorded: only our record was to change.',
    ),
  ended: z.boolean().describe('The Stop was seen, or its box has the session no longer.'),
  job: z.string().nullable().describe('GET /v1/jobs/{id} has all that was sent and answered.'),
  reason: z.string(),
  said: z.string().describe('What came from the box last.'),
  error_cause: z.string().describe('RFC 5176 Error-Cause by name, empty when there was none.'),
  attempts: z.int(),
});

export const actionResultSchema = named('SessionActionResult', result);

export const disconnectSchema = named(
  'SessionsDisconnected',
  z.object({
    sessions: z.int(),
    ended: z.int(),
    outcomes: z.record(z.string(), z.int()).describe('How many of each outcome.'),
    results: z.array(actionResultSchema),
  }),
);

export const clearSchema = named(
  'SessionsCleared',
  z.object({
    clear: z.boolean().describe('No live session is left.'),
    found: z.int(),
    left: z.array(sessionSchema),
    results: z.array(actionResultSchema),
  }),
);

export function sessionAnswer(one: Session): SessionAnswer {
  const live = one.endedAt === 0;
  return {
    id: one.id,
    state: live ? 'live' : 'closed',
    nas: one.nas,
    nas_ip: one.nasIp,
    nas_identifier: one.nasIdentifier,
    acct_session_id: one.acctSessionId,
    login: one.userName,
    user_id: one.userId,
    framed_ip: one.framedIp,
    framed_ipv6_prefix: one.framedIpv6Prefix,
    delegated_ipv6_prefix: one.delegatedIpv6Prefix,
    mac: one.callingStationId,
    called_station_id: one.calledStationId,
    port: one.port,
    multi_session_id: one.multiSessionId,
    class: one.class,
    plan: one.plan,
    interim_interval: one.interimInterval,
    started_at: iso(one.startedAt),
    updated_at: iso(one.updatedAt),
    ended_at: live ? null : iso(one.endedAt),
    terminate_cause: live ? null : causeOf(one).name,
    inferred: one.inferred === '' ? null : one.inferred,
    session_time: one.sessionTime,
    input_octets: one.inputOctets,
    output_octets: one.outputOctets,
    fields: { ...one.fields },
  };
}

const changeTypes = { started: 'start', stopped: 'stop', recovered: 'recovered' } as const;

export function sessionChangeAnswer({ type, session }: SessionTransition): z.output<typeof sessionChange> {
  const isStale = type === 'stopped' && session.inferred === 'stale';
  return { type: isStale ? 'stale' : changeTypes[type], session: sessionAnswer(session) };
}

export function actionAnswer(given: ActionResult): z.output<typeof result> {
  const { session, outcome, ended, job, reason, said, errorCause, attempts } = given;
  return { session: sessionAnswer(session), outcome, ended, job, reason, said, error_cause: errorCause, attempts };
}

export function disconnectAnswer(results: readonly ActionResult[]): z.output<typeof disconnectSchema> {
  const outcomes: Record<string, number> = {};
  for (const { outcome } of results) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const ended = results.filter((one) => one.ended).length;
  return { sessions: results.length, ended, outcomes, results: results.map(actionAnswer) };
}
