// A session book in memory with the conditions that reconcile asks for; honest in what it keeps and closes, and nothing more.
import type { Session } from '#core/model/session.ts';
import { blankSession } from '#core/model/session-body.ts';
import type { SessionBook, SessionQuery } from '#core/sessions/book.ts';

export type MemoryBook = Pick<SessionBook, 'find' | 'get' | 'close' | 'adopt'> & {
  readonly sessions: Map<string, Session>;
  put(session: Partial<Session> & Pick<Session, 'acctSessionId'>): Session;
  live(): string[];
};

const read: Readonly<Record<string, (session: Session) => string>> = {
  nas: ({ nas }) => nas,
  session_id: ({ acctSessionId }) => acctSessionId,
};

export function memoryBook({ now }: { readonly now: () => number }): MemoryBook {
  const sessions = new Map<string, Session>();

  const matches =
    ({ conditions, state = 'live' }: SessionQuery) =>
    (session: Session) =>
      (state === 'any' || (session.endedAt === 0) === (state === 'live')) &&
      conditions.every(({ field, op, value }) => {
        const of = read[field];
        if (of === undefined || op !== 'eq') throw new Error(`no ${field} ${op} here`);
        return of(session) === value;
      });

  const book: MemoryBook = {
    sessions,
    put(given) {
      const session = sessionOf({ startedAt: now(), updatedAt: now(), ...given });
      sessions.set(session.id, session);
      return session;
    },
    live: () => [...sessions.values()].filter(({ endedAt }) => endedAt === 0).map(({ acctSessionId }) => acctSessionId),
    get: async (id) => sessions.get(id),
    async find(query) {
      const found = [...sessions.values()].filter(matches(query));
      const from = Number(query.cursor ?? 0);
      const to = from + query.limit;
      return { sessions: found.slice(from, to), nextCursor: to < found.length ? String(to) : null };
    },
    async close(id, { reason, at }) {
      const session = sessions.get(id);
      if (session === undefined || session.endedAt !== 0) return undefined;
      const closed = { ...session, endedAt: at, inferred: reason };
      sessions.set(id, closed);
      return closed;
    },
    async adopt(nas, listed) {
      const known = [...sessions.values()].find(
        (one) => one.nas === nas && one.acctSessionId === listed.acctSessionId && one.endedAt === 0,
      );
      const session = known ?? sessionOf({ ...listed, nas, startedAt: now() - listed.uptime * 1000 });
      const fresh = { ...session, updatedAt: now() };
      sessions.set(session.id, fresh);
      return fresh;
    },
  };
  return book;
}

function sessionOf({ acctSessionId, ...given }: Partial<Session> & Pick<Session, 'acctSessionId'>): Session {
  const { nas = 'bras-1', userName = `user ${acctSessionId}` } = given;
  const id = `${nas} ${acctSessionId} ${given.startedAt}`;
  return {
    ...blankSession,
    id,
    key: id,
    nas,
    nasIp: '10.0.0.1',
    acctSessionId,
    userName,
    ...given,
  };
}
