// All sessions of one subscriber in a stretch of time, whoever he is named by.
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';
import type { HistoryQuery, SessionBook, SessionPage } from './book.ts';

export const subjectKinds = ['account', 'login', 'ip', 'mac'] as const;

export interface Subject {
  readonly by: (typeof subjectKinds)[number];
  readonly value: string;
}

export interface SubjectSources {
  readonly book: Pick<SessionBook, 'history' | 'find'>;
  readonly store: Pick<Store, 'account'>;
}

type By = HistoryQuery['by'];
const fieldOf = { account: 'user_id', login: 'login', ip: 'framed_ip', mac: 'mac' } as const;

const pageSize = 1_000;
/** What an analysis looks at; nobody reconnects so often for a reason that more of them would show. */
export const mostSessions = 20_000;

export async function sessionsOf(
  sources: SubjectSources,
  { subject, from, to }: { readonly subject: Subject; readonly from: number; readonly to: number },
): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  let cursor: string | undefined;
  do {
    const page = await historyOf(sources, { subject, from, to, limit: pageSize, ...(cursor ? { cursor } : {}) });
    sessions.push(...page.sessions);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && sessions.length < mostSessions);
  return sessions;
}

/** The newest of those that began before: for who has not been there for so long that the window has nothing of him. */
export async function lastBefore(
  sources: SubjectSources,
  subject: Subject,
  before: number,
): Promise<readonly Session[]> {
  return (await historyOf(sources, { subject, from: 0, to: before, limit: 1 })).sessions;
}

export interface SubjectWindow extends Omit<HistoryQuery, 'by'> {
  readonly subject: Subject;
}

/** One page; for an account first the sessions that carry its id, then those of its login that nobody has claimed. */
export async function historyOf({ book, store }: SubjectSources, window: SubjectWindow): Promise<SessionPage> {
  const { subject, cursor, ...rest } = window;
  const ways = await waysOf(subject, store);
  const [, digits = '0', inner = ''] = /^(\d)\.(.*)$/s.exec(cursor ?? '') ?? [];
  const index = Number(digits);
  const by = ways[index];
  if (by === undefined) return { sessions: [], nextCursor: null };
  const page = await book.history({ by, ...rest, ...(inner === '' ? {} : { cursor: inner }) });
  const sessions = index === 0 ? page.sessions : page.sessions.filter(({ userId }) => userId === '');
  const more = page.nextCursor === null ? '' : `${index}.${page.nextCursor}`;
  const nextWay = index + 1 < ways.length ? `${index + 1}.` : null;
  if (more !== '' || nextWay === null) return { sessions, nextCursor: more || null };
  // A page that says there is more, and then there is none, would be a puzzle for people.
  if (sessions.length < window.limit) {
    const rest = await historyOf(
      { book, store },
      { ...window, limit: window.limit - sessions.length, cursor: nextWay },
    );
    return { sessions: [...sessions, ...rest.sessions], nextCursor: rest.nextCursor };
  }
  return { sessions, nextCursor: nextWay };
}

/** The live sessions of one subscriber. */
export async function liveOf({ book, store }: SubjectSources, subject: Subject): Promise<readonly Session[]> {
  const found = new Map<string, Session>();
  for (const [index, { field, value }] of (await waysOf(subject, store)).entries()) {
    let cursor: string | undefined;
    do {
      const conditions = [{ field, op: 'eq', value } as const];
      const page = await book.find({ conditions, state: 'live', limit: pageSize, ...(cursor ? { cursor } : {}) });
      for (const session of page.sessions) if (index === 0 || session.userId === '') found.set(session.id, session);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }
  return [...found.values()];
}

async function waysOf({ by, value }: Subject, store: Pick<Store, 'account'>): Promise<readonly By[]> {
  const first: By = { field: fieldOf[by], value };
  const login = by === 'account' ? (await store.account(value))?.['login'] : undefined;
  return login ? [first, { field: 'login', value: login }] : [first];
}
