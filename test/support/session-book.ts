// A whole session book in memory, small and honest: for tests of the surfaces that stand on it.
import { BlockList, isIP } from 'node:net';
import { OssiaError } from '#core/errors.ts';
import type { Session } from '#core/model/session.ts';
import type { Condition, SessionBook, SessionTransition } from '#core/sessions/book.ts';

export interface SessionBookInMemory extends SessionBook {
  put(given?: Partial<Session>): Session;
  /** As a Stop from its box does. */
  stop(id: string, terminateCause?: number, at?: number): void;
}

const fields: Readonly<Record<string, (session: Session) => string>> = {
  user_id: ({ userId }) => userId,
  login: ({ userName }) => userName,
  framed_ip: ({ framedIp }) => framedIp,
  mac: ({ callingStationId }) => callingStationId,
  nas: ({ nas }) => nas,
  port: ({ port }) => port,
  session_id: ({ acctSessionId }) => acctSessionId,
  plan: ({ plan }) => plan,
};

export function sessionBook(): SessionBookInMemory {
  const sessions = new Map<string, Session>();
  const listeners = new Set<(change: SessionTransition) => void>();
  let made = 0;

  const tell = (change: SessionTransition): void => {
    for (const listener of listeners) listener(change);
  };
  const end = (id: string, change: Partial<Session>): Session | undefined => {
    const session = sessions.get(id);
    if (session === undefined || session.endedAt !== 0) return undefined;
    const ended = { ...session, ...change };
    sessions.set(id, ended);
    tell({ type: 'stopped', session: ended });
    return ended;
  };
  const select = (conditions: readonly Condition[], state = 'live'): Session[] =>
    [...sessions.values()]
      .filter(({ endedAt }) => state === 'any' || (endedAt === 0) === (state === 'live'))
      .filter((session) => conditions.every((condition) => holds(condition, session)))
      .sort((left, right) => left.startedAt - right.startedAt || (left.id < right.id ? -1 : 1));
  const page = (all: readonly Session[], { limit, cursor = '0' }: { limit: number; cursor?: string }) => {
    const to = Number(cursor) + limit;
    return { sessions: all.slice(Number(cursor), to), nextCursor: to < all.length ? String(to) : null };
  };

  return {
    put(given = {}) {
      const session = blank({ id: `s${++made}`, acctSessionId: `8100000${made}`, ...given });
      sessions.set(session.id, session);
      tell({ type: 'started', session });
      return session;
    },
    stop: (id, terminateCause = 1, at = Date.now()) => void end(id, { terminateCause, endedAt: at, updatedAt: at }),
    get: async (id) => sessions.get(id),
    find: async ({ conditions, state, ...rest }) => page(select(conditions, state), rest),
    count: async ({ conditions, state }) => select(conditions, state).length,
    async history({ by, from, to, ...rest }) {
      const all = select([{ field: by.field, op: 'eq', value: by.value }], 'any');
      const inside = all.filter(({ startedAt, endedAt }) => startedAt < to && (endedAt === 0 || endedAt >= from));
      return page(inside.reverse(), rest);
    },
    close: async (id, { reason, at }) => end(id, { inferred: reason, endedAt: at }),
    adopt: () => Promise.reject(new OssiaError('internal', 'nothing is adopted here')),
    async alter(id, change, before = async () => {}) {
      const session = sessions.get(id);
      const wrong = Object.keys(change).filter((name) => name !== 'plan');
      if (wrong.length > 0)
        throw new OssiaError('input_invalid', 'Nothing was changed.', {
          fields: wrong.map((name) => ({ where: `/${name}`, problem: 'may not be changed' })),
        });
      if (session === undefined) return undefined;
      await before();
      const altered = { ...session, plan: change['plan'] ?? session.plan };
      sessions.set(id, altered);
      return altered;
    },
    fields: () =>
      Object.keys(fields).map((name) => ({
        name,
        operators: name === 'framed_ip' ? ['eq', 'not', 'in', 'net'] : ['eq', 'not', 'in', 'prefix'],
        indexed: true,
      })),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function holds({ field, op, value }: Condition, session: Session): boolean {
  const is = fields[field]?.(session);
  if (is === undefined) throw new OssiaError('input_invalid', `There is no field ${field}.`);
  const text = String(value);
  if (op === 'in') return value.includes(is);
  if (op === 'prefix') return is.startsWith(text);
  if (op === 'not') return is !== text;
  if (op === 'net') return inNet(is, text);
  return is === text;
}

function inNet(address: string, net: string): boolean {
  const [base = '', bits = '0'] = net.split('/');
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return isIP(address) > 0 && list.check(address, family);
}

function blank({ id, acctSessionId, ...given }: Partial<Session> & Pick<Session, 'id' | 'acctSessionId'>): Session {
  const now = Date.now();
  return {
    id,
    key: id,
    nas: 'bras-1',
    nasIp: '10.0.0.1',
    nasIdentifier: '',
    acctSessionId,
    userName: 'alice',
    userId: '',
    framedIp: '10.1.2.3',
    framedIpv6Prefix: '',
    delegatedIpv6Prefix: '',
    callingStationId: 'AA-BB-CC-00-00-01',
    calledStationId: '',
    port: '',
    multiSessionId: '',
    class: '',
    plan: '',
    interimInterval: 300,
    startedAt: now - 60_000,
    updatedAt: now,
    endedAt: 0,
    terminateCause: 0,
    inferred: '',
    inputOctets: 0,
    outputOctets: 0,
    sessionTime: 60,
    fields: {},
    ...given,
  };
}
