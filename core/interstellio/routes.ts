// The routes of Interstellio's telemetry and subscriber API that session checkers use, answered from our sessions.
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { HttpError } from '../api/problem.ts';
import { defineRoute, json, type Reply, type Route, type RouteContract } from '../api/route.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import type { ActionResult, SessionActions } from '../sessions/actions.ts';
import { isTimeZone } from '../sessions/analysis-days.ts';
import { liveOf, mostSessions, type Subject, sessionsOf } from '../sessions/analysis-subject.ts';
import type { SessionBook } from '../sessions/book.ts';
import type { Store } from '../store/store.ts';
import { recordOf, sessionOf, subscriberOf } from './answers.ts';
import { createDomains } from './domains.ts';
import { failure } from './failure.ts';
import { pageFrom, pageOf, pageShape } from './page.ts';

export interface InterstellioOptions {
  readonly book: Pick<SessionBook, 'get' | 'find' | 'history'>;
  readonly actions: Pick<SessionActions, 'disconnect'>;
  readonly store: Pick<Store, 'account' | 'accountByLogin' | 'accounts'>;
  /** For who sends no `X-Timezone`. */
  readonly timezone: string;
  /** The domain of logins without a realm; empty: not known. */
  readonly domain?: string;
}

const params = z.object({ id: z.string().min(1).max(200) });
const moment = z.iso.datetime({ offset: true, error: 'expected ISO 8601 with offset' });
const windowBody = z.object({
  start_time: moment.optional(),
  end_time: moment.optional(),
  start: moment.optional(),
  end: moment.optional(),
});
const day = 86_400_000;
const longestWindow = 32 * day;
const disconnectMs = 10_000;
const mostSubscribers = 10_000;

const foreign = { tokenHeader: 'x-auth-token', failure } as const;
const some = { 200: { description: 'As Interstellio answers.' } };
const contract = <Id extends string>(operationId: Id, scope: RouteContract<z.ZodType, z.ZodType, z.ZodType>['scope']) =>
  ({ ...foreign, operationId, scope, summary: operationId, answers: some }) as const;

export function interstellioRoutes({ book, actions, store, timezone, domain = '' }: InterstellioOptions): Route[] {
  const domains = createDomains({ store, home: domain });
  /** Their clients know a subscriber by an id, which is our user_id; scripts also put the username there. */
  const subjectOf = async (id: string, headers: IncomingHttpHeaders): Promise<Subject> => {
    const account = await store.account(id);
    domains.check(account === undefined ? id : (account['login'] ?? ''), headers);
    return { by: account === undefined ? 'login' : 'account', value: id };
  };
  const liveSession = async (id: string, headers: IncomingHttpHeaders): Promise<Session> => {
    const session = await book.get(id);
    if (session === undefined || session.endedAt !== 0)
      throw new HttpError({ status: 404, code: 'not_found', message: 'There is no such active session.' });
    await domains.checkSession(session, headers);
    return session;
  };
  const zoneOf = (headers: IncomingHttpHeaders): string => {
    const asked = headers['x-timezone'];
    if (asked === undefined || asked === '') return timezone;
    if (typeof asked === 'string' && isTimeZone(asked)) return asked;
    throw new HttpError({ status: 400, message: 'X-Timezone is no IANA time zone.' });
  };
  const disconnect = async (sessions: readonly Session[], by: string): Promise<Reply> =>
    disconnected(
      await actions.disconnect(sessions, { by, reason: 'asked for by the Interstellio API', wait: disconnectMs }),
    );

  return [
    defineRoute({
      ...contract('interstellioRecords', 'read'),
      method: 'POST',
      path: '/v1/subscriber/{id}/cdr/records',
      params,
      body: windowBody,
      async handle({ params, body, headers }) {
        const { start_time = body.start, end_time = body.end } = body;
        if (start_time === undefined || end_time === undefined)
          throw new HttpError({ status: 400, message: 'start_time and end_time are needed.' });
        // Their end is the last moment of the window, ours the first after it.
        const [from, to] = [Date.parse(start_time), Date.parse(end_time) + 1];
        if (from >= to) throw new HttpError({ status: 400, message: 'start_time is after end_time.' });
        if (to - from > longestWindow + 1)
          throw new HttpError({ status: 400, message: 'The window is longer than 32 days.' });
        const zone = zoneOf(headers);
        const found = await sessionsOf({ book, store }, { subject: await subjectOf(params.id, headers), from, to });
        if (found.length >= mostSessions)
          throw tooMany(`There are ${mostSessions} records or more in that time; ask for a shorter one.`);
        const newestFirst = found.toSorted((left, right) => right.startedAt - left.startedAt);
        return json(
          200,
          newestFirst.map((session) => recordOf(session, zone)),
        );
      },
    }),
    defineRoute({
      ...contract('interstellioSessions', 'read'),
      method: 'GET',
      path: '/v2/sessions/{id}',
      params,
      query: z.object({
        ...pageShape,
        calling_station_id: z.string().optional(),
        framed_ip_address: z.string().optional(),
        username: z.string().optional(),
        realm: z.string().optional(),
        ctx: z.string().optional(),
      }),
      async handle({ params, query, headers }) {
        const { l, p, sc, sd, ...filter } = query;
        const zone = zoneOf(headers);
        const live = await liveOf({ book, store }, await subjectOf(params.id, headers));
        const matching = live
          .map((session) => sessionOf(session, zone))
          .filter((one) =>
            Object.entries(filter).every(([name, value]) => value === undefined || Reflect.get(one, name) === value),
          );
        return json(200, pageFrom(matching, { l, p, sc, sd }));
      },
    }),
    defineRoute({
      ...contract('interstellioSession', 'read'),
      method: 'GET',
      path: '/v2/session/{id}',
      params,
      async handle({ params, headers }) {
        return json(200, sessionOf(await liveSession(params.id, headers), zoneOf(headers)));
      },
    }),
    defineRoute({
      ...contract('interstellioDisconnect', 'act'),
      method: 'DELETE',
      path: '/v1/disconnect/{id}',
      params,
      async handle({ params, caller, headers }) {
        return disconnect([await liveSession(params.id, headers)], caller.name);
      },
    }),
    defineRoute({
      ...contract('interstellioDisconnectSubscriber', 'act'),
      method: 'DELETE',
      path: '/v1/disconnect/subscriber/{id}',
      params,
      async handle({ params, caller, headers }) {
        return disconnect(await liveOf({ book, store }, await subjectOf(params.id, headers)), caller.name);
      },
    }),
    defineRoute({
      ...contract('interstellioSubscribers', 'read'),
      method: 'GET',
      path: '/v1/subscribers',
      query: z.object({ ...pageShape, username: z.string().optional(), id: z.string().optional() }),
      async handle({ query: { l, p, username, id }, headers }) {
        const asked = domains.askedIn(headers);
        const shown = (account: Account) => subscriberOf(account, domains.domainOf(account['login'] ?? '') ?? '');
        if (id !== undefined) {
          const account = await store.account(id);
          const isTheirs = asked === undefined || domains.domainOf(account?.['login'] ?? '') === asked;
          const found = account === undefined || !isTheirs ? [] : [shown(account)];
          return json(200, pageOf(found, { l, p, records: found.length }));
        }
        const limit = l === -1 ? mostSubscribers : l;
        const offset = l === -1 ? 0 : (p - 1) * l;
        const filter = {
          ...(username === undefined ? {} : { login: username }),
          ...(asked === undefined ? {} : { realm: { name: asked, orNone: asked === domains.home } }),
        };
        const { accounts, total } = await store.accounts({ ...filter, limit, offset });
        if (l === -1 && total > accounts.length)
          throw tooMany(
            `${total} subscribers match, at most ${mostSubscribers} come at once; ask for pages of 50 with l and p.`,
          );
        return json(200, pageOf(accounts.map(shown), { l, p, records: total }));
      },
    }),
  ];
}

/** A list that is cut would look like all that there is. */
function tooMany(message: string): HttpError {
  return new HttpError({ status: 400, message });
}

/** 204: all are ended. 202: the box took it, or will be told; its Stop is not seen yet. Else why not. */
function disconnected(results: readonly ActionResult[]): Reply {
  const left = results.filter(({ ended }) => !ended);
  if (left.length === 0) return { status: 204, text: '', contentType: 'application/json; charset=utf-8' };
  const bad = left.find(({ outcome }) => outcome !== 'ack' && outcome !== 'pending');
  if (bad === undefined) return json(202, { status: 'accepted', sessions: left.map(({ session }) => session.id) });
  const status = bad.outcome === 'silence' ? 504 : bad.outcome === 'nak' ? 409 : 502;
  const why = bad.reason === '' ? bad.outcome : `${bad.outcome}: ${bad.reason}`;
  throw new HttpError({ status, code: 'conflict', message: `Session ${bad.session.id} is not disconnected; ${why}` });
}
