// CGRateS's session calls, each as what it means for broadband.
import { allow, type Caller, type Scope } from '../api/access.ts';
import { OssiaError } from '../errors.ts';
import type { AccountingSink } from '../ingest/accounting.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import type { SessionActions } from '../sessions/actions.ts';
import type { Condition, SessionBook } from '../sessions/book.ts';
import { type Altered, alterAll } from './alter-all.ts';
import { type EventFields, recordOf } from './event-record.ts';
import { conditionOf } from './filters.ts';
import { checkOptions, notHere } from './not-here.ts';
import { missing, RpcError } from './rpc-error.ts';
import { externalSession } from './session-shape.ts';

export interface CgratesOptions {
  readonly book: Pick<SessionBook, 'find' | 'count' | 'fields'>;
  readonly actions: Pick<SessionActions, 'disconnect' | 'alter'>;
  readonly sink: AccountingSink;
  readonly nasOf: (address: string) => string | undefined;
  /** Compares every box with our sessions once; gives those that could not be, and why. */
  readonly syncAll: () => Promise<readonly string[]>;
  /** The one tenant that there is here; empty: whatever a client calls it. */
  readonly tenant?: string;
}

export interface RpcCall {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
}

type Params = RpcCall['params'];
type Method = (params: Params, caller: Caller) => Promise<unknown>;

const prefix = 'SessionSv1.';
const pageSize = 1_000;
const mostAtOnce = 10_000;
const mostListed = 50_000;
const waitMs = 10_000;
/** No reservation, so no limit: how CGRateS says unlimited. */
const unlimited = { MaxUsage: -1 };
const changing = 'user_rate_set';

export function createMethods({ book, actions, sink, nasOf, syncAll, tenant: own = '' }: CgratesOptions) {
  async function sessionsOf(params: Params): Promise<readonly Session[]> {
    const conditions = filtersOf(params, book);
    const most = limitOf(params);
    const sessions: Session[] = [];
    let cursor: string | undefined;
    do {
      const limit = Math.min(pageSize, most - sessions.length);
      const page = await book.find({ conditions, state: 'live', limit, ...(cursor ? { cursor } : {}) });
      sessions.push(...page.sessions);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && sessions.length < most);
    return sessions;
  }

  /** Those that something is to be done to: never all of them by mistake. */
  async function targets(params: Params): Promise<readonly Session[]> {
    const conditions = filtersOf(params, book);
    if (conditions.length === 0)
      throw new RpcError(
        'MANDATORY_IE_MISSING: [Filters]; no filter would be every session, which is not done here',
        -32_602,
      );
    const count = await book.count({ conditions, state: 'live' });
    if (count === 0) throw new RpcError('NOT_FOUND');
    if (count > mostAtOnce) throw new RpcError(`${count} sessions match, at most ${mostAtOnce} are acted on at once`);
    return sessionsOf({ ...params, Limit: mostAtOnce });
  }

  const record = async (params: Params, status: 'start' | 'interim' | 'stop'): Promise<void> =>
    sink(recordOf({ event: eventOf(params), status, nasOf, now: Date.now() }));

  async function initiate(params: Params) {
    const { acctSessionId, nas } = recordOf({ event: eventOf(params), status: 'start', nasOf, now: Date.now() });
    const conditions: Condition[] = [
      { field: 'session_id', op: 'eq', value: acctSessionId },
      { field: 'nas', op: 'eq', value: nas },
    ];
    if ((await book.count({ conditions, state: 'live' })) > 0) throw new RpcError('EXISTS');
    await record(params, 'start');
    return unlimited;
  }
  const update: Method = async (params) => {
    await record(params, 'interim');
    return unlimited;
  };
  /** One CDR per session: of one that has ended nothing changes, of one that nobody knew this makes it. */
  const terminate: Method = async (params) => {
    await record(params, 'stop');
    return 'OK';
  };
  const query = async (params: Params): Promise<unknown> => {
    const count = await book.count({ conditions: filtersOf(params, book), state: 'live' });
    if (Math.min(count, limitOf(params)) > mostListed)
      throw new RpcError(`${count} sessions match, at most ${mostListed} are listed at once: send Filters, or a Limit`);
    const found = await sessionsOf(params);
    if (found.length === 0) throw new RpcError('NOT_FOUND');
    const tenant = typeof params['Tenant'] === 'string' ? params['Tenant'] : '';
    return found.map((session) => externalSession(session, tenant));
  };

  const methods: Readonly<Record<string, { readonly scope: Scope; readonly run: Method }>> = {
    GetActiveSessions: { scope: 'read', run: query },
    GetActiveSessionsCount: {
      scope: 'read',
      run: (params) => book.count({ conditions: filtersOf(params, book), state: 'live' }),
    },
    // There is no standby node, so none is ever passive: true, and what their clients expect of an empty list.
    GetPassiveSessions: { scope: 'read', run: () => Promise.reject(new RpcError('NOT_FOUND')) },
    GetPassiveSessionsCount: { scope: 'read', run: async () => 0 },
    InitiateSession: { scope: 'events', run: initiate },
    UpdateSession: { scope: 'events', run: update },
    TerminateSession: { scope: 'events', run: terminate },
    ProcessCDR: { scope: 'events', run: terminate },
    ProcessEvent: { scope: 'events', run: processEvent },
    SyncSessions: { scope: 'act', run: sync },
    ForceDisconnect: {
      scope: 'act',
      async run(params, caller) {
        const reason = String(eventOrNothing(params)['DisconnectCause'] ?? 'ForceDisconnect');
        const order = { by: caller.name, reason, wait: waitMs };
        return outcomeOf(await actions.disconnect(await targets(params), order), ({ ended }) => ended);
      },
    },
    AlterSessions: {
      scope: 'act',
      async run(params, caller) {
        const variables = textsOf(eventOrNothing(params));
        if (Object.keys(variables).length === 0) throw missing('Event');
        const order = { by: caller.name, reason: 'AlterSessions', wait: waitMs };
        const sessions = await targets(params);
        const done = await alterAll(actions, { sessions, hook: { hook: changing, variables }, order });
        return outcomeOf(done, ({ outcome }) => outcome === 'ack');
      },
    },
  };

  const flags: Readonly<Record<string, 'initiate' | 'update' | 'terminate'>> = {
    '*initiate': 'initiate',
    '*rals:*initiate': 'initiate',
    '*update': 'update',
    '*rals:*update': 'update',
    '*terminate': 'terminate',
    '*rals:*terminate': 'terminate',
    '*cdrs': 'terminate',
  };
  async function processEvent(params: Params): Promise<unknown> {
    const asked = Array.isArray(params['Flags']) ? params['Flags'].map(String) : [];
    if (asked.length === 0) throw missing('Flags');
    const unknown = asked.filter((flag) => flags[flag] === undefined);
    if (unknown.length > 0)
      throw new RpcError(
        `NOT_IMPLEMENTED: flags ${unknown.join(', ')} are not in this product; there are ${Object.keys(flags).join(', ')}`,
      );
    const steps = new Set(asked.map((flag) => flags[flag]));
    if (steps.has('initiate')) await initiate(params);
    if (steps.has('update')) await record(params, 'interim');
    if (steps.has('terminate')) await record(params, 'stop');
    return unlimited;
  }
  async function sync(): Promise<unknown> {
    const failed = await syncAll();
    if (failed.length > 0) throw new RpcError(`PARTIALLY_EXECUTED: ${failed.slice(0, 20).join('; ')}`);
    return 'OK';
  }

  return async ({ method, params, caller }: RpcCall): Promise<unknown> => {
    const name = method.startsWith(prefix) ? method.slice(prefix.length) : '';
    const found = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (found !== undefined) {
      allow(caller, found.scope);
      checkTenant(params, own);
      checkOptions(params);
      return found.run(params, caller);
    }
    const why = Object.hasOwn(notHere, name) ? notHere[name] : undefined;
    if (why !== undefined) throw new RpcError(`NOT_IMPLEMENTED: ${method} is not in this product, because ${why}.`);
    throw new RpcError(`rpc: can't find service ${method.slice(0, 100)}`, -32_601);
  };
}

/** Sessions of another tenant are not ours to show, and an event of one not ours to take. */
function checkTenant(params: Params, own: string): void {
  const inner = isObject(params['CGREvent']) ? params['CGREvent']['Tenant'] : undefined;
  const other = [params['Tenant'], inner].find((asked) => typeof asked === 'string' && asked !== '' && asked !== own);
  if (own !== '' && other !== undefined)
    throw new RpcError(`NOT_FOUND: there is no tenant ${String(other).slice(0, 100)} here`);
}

function filtersOf(params: Params, book: Pick<SessionBook, 'fields'>): readonly Condition[] {
  const filters = params['Filters'] ?? [];
  if (!Array.isArray(filters)) throw new RpcError('Filters: expected a list of texts', -32_602);
  return filters.map((filter) => conditionOf(String(filter), book.fields()));
}

function limitOf({ Limit: limit }: Params): number {
  return typeof limit === 'number' && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

/** In `Event`, or, in older versions, in `CGREvent`. */
function eventOf(params: Params): EventFields {
  const event = eventOrNothing(params);
  if (Object.keys(event).length === 0) throw missing('CGREvent');
  return event;
}

function eventOrNothing(params: Params): EventFields {
  const inner = isObject(params['CGREvent']) ? params['CGREvent']['Event'] : undefined;
  const event = inner ?? params['Event'];
  return isObject(event) ? event : {};
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What an alteration may say of a session: the variables of a rate, and no other account's identity. */
function textsOf(event: EventFields): Account {
  const wrong = Object.keys(event).filter((name) => !/^(rate|ceil|burst)_(in|out)$/.test(name));
  if (wrong.length > 0)
    throw new RpcError(
      `Event: ${wrong.join(', ')} cannot be altered; there are rate_in, rate_out, ceil_in, ceil_out, burst_in, burst_out`,
      -32_602,
    );
  return Object.fromEntries(Object.entries(event).map(([name, value]) => [name, String(value)]));
}

function outcomeOf<Result extends Altered>(results: readonly Result[], isGood: (result: Result) => boolean): 'OK' {
  const bad = results.filter((result) => !isGood(result));
  if (bad.length === 0) return 'OK';
  const told = bad
    .slice(0, 20)
    .map(({ session, outcome, reason }) => `${session.acctSessionId} ${outcome}${reason && ` (${reason})`}`);
  throw new RpcError(`PARTIALLY_EXECUTED: ${results.length - bad.length} of ${results.length}; ${told.join('; ')}`);
}

/** Errors of ours in one text; never the words of a bug. */
export function rpcErrorOf(thrown: unknown): RpcError {
  if (thrown instanceof RpcError) return thrown;
  if (!(thrown instanceof OssiaError) || thrown.code === 'internal') return new RpcError('SERVER_ERROR', -32_603);
  const fields = thrown.fields.map(({ where, problem }) => `${where}: ${problem}`);
  const code = thrown.code === 'input_invalid' ? -32_602 : -32_000;
  return new RpcError(`SERVER_ERROR: ${[thrown.message, ...fields].join(' ')}`, code);
}
