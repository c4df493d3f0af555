// Ending and changing sessions: DELETE /v1/sessions/{id}, POST .../disconnect, .../alter, and the clearing before an activation.
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { Session } from '../../model/session.ts';
import type { ActionResult, Change, Order } from '../../sessions/actions.ts';
import { liveOf, type Subject } from '../../sessions/analysis-subject.ts';
import type { Condition } from '../../sessions/book.ts';
import { callOff } from '../call-off.ts';
import type { ApiDependencies, SessionDependencies } from '../deps.ts';
import { planSessions } from '../plan-sessions.ts';
import { defineRoute, json, type Reply, type Route } from '../route.ts';
import { dryRunQuery, sessionsPlanSchema } from '../schemas/look.ts';
import {
  actionAnswer,
  actionResultSchema,
  clearSchema,
  disconnectAnswer,
  disconnectSchema,
  sessionAnswer,
} from '../schemas/session.ts';
import { conditionsOf, locating } from '../session-query.ts';
import { byField, noSuchSession, sessionParams } from './sessions.ts';

interface Needs extends Pick<ApiDependencies, 'accounts' | 'store' | 'hooks' | 'log'> {
  readonly sessions: SessionDependencies;
}

/** Beyond them a request could not be answered in time, and a slip of the hand would cost too much. */
const mostAtOnce = 10_000;
const longestWait = 25;

const reason = z.string('say why').trim().min(1, 'say why').max(500, 'is longer than 500 characters');
const wait = z.coerce
  .number(`expected 0 to ${longestWait} seconds`)
  .min(0)
  .max(longestWait)
  .default(10)
  .describe('Seconds that the answer may take; what is not done by then goes on as its job.');
const texts = z.record(z.string(), z.string());

const disconnectBody = z
  .strictObject({
    filter: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
    account: z.string().min(1, 'is empty').optional().describe('user_id of an account.'),
    all: z.literal(true, { error: 'expected true' }).optional(),
    reason,
    wait,
  })
  .refine(({ filter, account, all }) => [filter, account, all].filter((one) => one !== undefined).length === 1, {
    error: 'say which sessions, in one way: filter, account, or all: true',
  });

const alterBody = z
  .strictObject({
    hook: z.string().optional().describe('A hook that changes what a session gets, e.g. `user_rate_set`.'),
    variables: texts.default({}).describe("The hook's variables beside those of the account."),
    fields: texts.optional().describe('Fields of our record, of those that the settings allow (`alterable_fields`).'),
    reason,
    wait,
  })
  .refine(({ hook, fields }) => hook !== undefined || fields !== undefined, {
    error: 'say what to change: hook, fields',
  });

const results = {
  200: {
    description: 'All are ended; with `dry_run`: what would be sent.',
    schema: z.union([disconnectSchema, sessionsPlanSchema]),
  },
};
const dryRun = z.strictObject({ dry_run: dryRunQuery });
const partly = {
  description: 'Some are not ended; one result for each, with what its box answered.',
  schema: disconnectSchema,
};

export function sessionActRoutes({ sessions: { book, actions }, accounts, store, hooks, log }: Needs): Route[] {
  const planned = async (sessions: readonly Session[], response: ServerResponse, change?: Change): Promise<Reply> =>
    json(200, await planSessions({ sessions, change, signal: callOff(response) }, { accounts, actions }));
  const disconnect = async (sessions: readonly Session[], order: Order): Promise<readonly ActionResult[]> => {
    const done = await actions.disconnect(sessions, order);
    const { ended, outcomes } = disconnectAnswer(done);
    log.info({ by: order.by, reason: order.reason, sessions: done.length, ended, outcomes }, 'sessions disconnected');
    return done;
  };
  /** Live ones that match; more than can be ended at once are refused before the first is. */
  const find = async (conditions: readonly Condition[]): Promise<readonly Session[]> => {
    const count = await book.count({ conditions, state: 'live' });
    if (count > mostAtOnce)
      throw new OssiaError('input_invalid', 'Nothing was disconnected.', {
        fields: [{ where: '', problem: `${count} sessions match, at most ${mostAtOnce} are ended at once; narrow it` }],
      });
    const sessions: Session[] = [];
    let cursor: string | undefined;
    do {
      const page = await book.find({ conditions, state: 'live', limit: 1_000, ...(cursor ? { cursor } : {}) });
      sessions.push(...page.sessions);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && sessions.length < mostAtOnce);
    return sessions;
  };
  const mine = (conditions: Readonly<Record<string, unknown>>) => {
    const read = conditionsOf(conditions, book.fields(), '/filter/');
    if (read.length > 0) return read;
    const problem = 'is empty, which would be every session; say all: true when you mean it';
    throw new OssiaError('input_invalid', 'Nothing was disconnected.', { fields: [{ where: '/filter', problem }] });
  };

  return [
    defineRoute({
      method: 'DELETE',
      path: '/v1/sessions/{id}',
      scope: 'act',
      operationId: 'disconnectSession',
      summary: 'End one session on its box, and say what the box answered and whether the Stop was seen.',
      params: sessionParams,
      query: z.strictObject({ reason, wait, dry_run: dryRunQuery }),
      answers: {
        200: {
          description: 'What came of it; `ended` says whether it is over. With `dry_run`: what would be sent.',
          schema: z.union([actionResultSchema, sessionsPlanSchema]),
        },
        404: { description: 'No such session.' },
      },
      async handle({ params, query, caller, response }) {
        const session = await book.get(params.id);
        if (session === undefined) throw noSuchSession(params.id);
        if (query.dry_run) return planned([session], response);
        const [result] = await disconnect([session], orderOf(caller.name, query));
        if (result === undefined) throw noSuchSession(params.id);
        return json(200, actionAnswer(result));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sessions/disconnect',
      scope: 'act',
      operationId: 'disconnectSessions',
      summary:
        "End the sessions of a filter, of an account, or, when exactly that is said, all; each box's own answer comes back.",
      description: `At most ${mostAtOnce} at once. Keys of \`filter\` are as in the query of GET /v1/sessions.`,
      query: dryRun,
      body: disconnectBody,
      answers: { ...results, 207: partly },
      async handle({ body, query, caller, response }) {
        const { filter, account } = body;
        const sessions =
          account === undefined
            ? await locating({ given: filter ?? {}, prefix: '/filter/' }, () =>
                find(filter === undefined ? [] : mine(filter)),
              )
            : await liveOf({ book, store }, { by: 'account', value: account });
        if (query.dry_run) return planned(sessions, response);
        return answerAll(await disconnect(sessions, orderOf(caller.name, body)));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/sessions/{id}/alter',
      scope: 'act',
      operationId: 'alterSession',
      summary: 'Run a hook for this session on its box and, when the box took it, change fields of our record.',
      description: 'For this session only: what the billing wants of the account does not change.',
      params: sessionParams,
      query: dryRun,
      body: alterBody,
      answers: {
        200: {
          description: 'What came of it. With `dry_run`: what would be sent.',
          schema: z.union([actionResultSchema, sessionsPlanSchema]),
        },
        404: { description: 'No such session.' },
        409: { description: 'It has ended.' },
      },
      async handle({ params, query, body, caller, response }) {
        const { hook, variables, fields } = body;
        const session = await book.get(params.id);
        if (session === undefined) throw noSuchSession(params.id);
        if (session.endedAt > 0) throw new OssiaError('conflict', `Session ${params.id} has ended.`);
        if (hook !== undefined) checkHook({ hook, variables, hooks });
        if (query.dry_run)
          return hook === undefined ? planned([], response) : planned([session], response, { hook, variables });
        const what = { ...(hook === undefined ? {} : { hook: { hook, variables } }), ...(fields ? { fields } : {}) };
        const alter = () => actions.alter(session, what, orderOf(caller.name, body));
        const result = await locating({ given: {}, prefix: '/fields/' }, alter);
        log.info({ by: caller.name, session: session.id, hook, outcome: result.outcome }, 'session altered');
        return json(200, actionAnswer(result));
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/accounts/{id}/sessions/clear',
      scope: 'act',
      operationId: 'clearAccountSessions',
      summary: 'Before an activation: end whatever session is left of this subscriber, look again, and say what is.',
      params: sessionParams,
      query: z.strictObject({ by: byField, dry_run: dryRunQuery }),
      body: z.strictObject({ reason, wait }),
      answers: {
        200: {
          description: 'None is left. With `dry_run`: what would be sent.',
          schema: z.union([clearSchema, sessionsPlanSchema]),
        },
        207: { description: 'Some are left.', schema: clearSchema },
      },
      async handle({ params, query, body, caller, response }) {
        const subject: Subject = { by: query.by, value: params.id };
        const found = await locating({ given: params }, () => liveOf({ book, store }, subject));
        if (query.dry_run) return planned(found, response);
        const done = found.length === 0 ? [] : await disconnect(found, orderOf(caller.name, body));
        const left = await liveOf({ book, store }, subject);
        const clear = left.length === 0;
        const answer = { clear, found: found.length, left: left.map(sessionAnswer), results: done.map(actionAnswer) };
        return json(clear ? 200 : 207, answer);
      },
    }),
  ];
}

function orderOf(by: string, { reason, wait }: { readonly reason: string; readonly wait: number }): Order {
  return { by, reason, wait: wait * 1_000 };
}

function answerAll(done: readonly ActionResult[]): Reply {
  return json(done.every(({ ended }) => ended) ? 200 : 207, disconnectAnswer(done));
}

interface Wanted extends Pick<Needs, 'hooks'> {
  readonly hook: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** They say whose session it is and on which box: those of the session itself stay. */
const fixed: ReadonlySet<string> = new Set([
  'user_id',
  'login',
  'ip',
  'mac',
  'acct_session_id',
  'nas_ip',
  'nas_id',
  'psw',
]);

function checkHook({ hook, variables, hooks }: Wanted): void {
  const known = hooks.find(({ name }) => name === hook);
  // What a session gets: rate, redirect, access, services; not whether its account exists or is logged in.
  const changes = known !== undefined && /^(?!nothing|logged|exists)/.test(known.settles);
  const fields = [
    ...(changes ? [] : [{ where: '/hook', problem: `${hook} is no hook that changes what a session gets` }]),
    ...Object.keys(variables)
      .filter((name) => fixed.has(name))
      .map((name) => ({ where: `/variables/${name}`, problem: 'belongs to the session and cannot be another' })),
  ];
  if (fields.length > 0) throw new OssiaError('input_invalid', 'Nothing was changed.', { fields });
}
