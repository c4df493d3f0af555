// The sessions in memory: all live ones, and the last closed ones, so that late records find what they are late for.
import type { Session } from '../model/session.ts';

export interface Entry {
  readonly identity: string;
  session: Session;
  /** What is durable of it. */
  written: Session | null;
  /** Not written yet, or its write failed. */
  dirty: boolean;
  /** The commit that its newest write is in, while that is under way. */
  writing: Promise<void> | null;
  /** Changes of the account that nobody has been told of yet. */
  owed: readonly Owed[];
  /** How many are waiting to tell; until they have, the session is not written either. */
  telling: number;
}

export interface Owed {
  readonly hook: 'user_auth' | 'user_disconnect';
  /** When it happened at the NAS, milliseconds since 1970. */
  readonly at: number;
}

export interface SessionTable {
  find(identity: string): Entry | undefined;
  /** As live or as closed, by what the session says; again after that changed. */
  keep(entry: Entry): void;
  /** Records of sessions that began until then may concern one that only the store remembers. */
  forgottenUntil(): number;
  liveOf(nas: string): Iterable<Entry>;
  /** Also finds the entry by its account, once that is known. */
  bind(entry: Entry, userId: string): void;
  /** Whether the account has another live session. */
  hasOthers(entry: Entry): boolean;
  counts(): { readonly live: number; readonly closed: number };
}

interface TableOptions {
  /** Milliseconds since 1970: what ended before is not in memory. */
  readonly startedAt: number;
  readonly maxClosed: number;
}

export function createTable({ startedAt, maxClosed }: TableOptions): SessionTable {
  const live = new Map<string, Entry>();
  const closed = new Map<string, Entry>();
  const byNas = createIndex();
  const byUser = createIndex();
  let forgotten = startedAt;

  function forgetOldest(): void {
    const [oldest] = closed.values();
    if (oldest === undefined) return;
    closed.delete(oldest.identity);
    // What the store does not hold yet must stay.
    if (oldest.dirty || oldest.writing !== null || oldest.telling > 0) closed.set(oldest.identity, oldest);
    else forgotten = Math.max(forgotten, oldest.session.endedAt);
  }

  return {
    find: (identity) => live.get(identity) ?? closed.get(identity),
    keep(entry) {
      const { identity, session } = entry;
      if (session.endedAt === 0) {
        closed.delete(identity);
        live.set(identity, entry);
        byNas.add(session.nas, entry);
        for (const key of userKeys(session)) byUser.add(key, entry);
        return;
      }
      if (live.delete(identity)) {
        byNas.remove(session.nas, entry);
        for (const key of userKeys(session)) byUser.remove(key, entry);
      }
      closed.set(identity, entry);
      if (closed.size > maxClosed) forgetOldest();
    },
    forgottenUntil: () => forgotten,
    liveOf: (nas) => byNas.of(nas),
    bind(entry, userId) {
      entry.session = { ...entry.session, userId };
      entry.dirty = true;
      if (entry.session.endedAt === 0) byUser.add(accountKey(userId), entry);
    },
    hasOthers(entry) {
      for (const key of userKeys(entry.session)) {
        for (const other of byUser.of(key)) if (other !== entry) return true;
      }
      return false;
    },
    counts: () => ({ live: live.size, closed: closed.size }),
  };
}

function userKeys({ userName, userId }: Session): readonly string[] {
  const keys: string[] = [];
  if (userName !== '') keys.push(`name ${userName}`);
  if (userId !== '') keys.push(accountKey(userId));
  return keys;
}

function accountKey(userId: string): string {
  return `account ${userId}`;
}

function createIndex() {
  const entries = new Map<string, Set<Entry>>();
  const none: ReadonlySet<Entry> = new Set();
  return {
    add(key: string, entry: Entry): void {
      const set = entries.get(key);
      if (set === undefined) entries.set(key, new Set([entry]));
      else set.add(entry);
    },
    remove(key: string, entry: Entry): void {
      const set = entries.get(key);
      if (set?.delete(entry) && set.size === 0) entries.delete(key);
    },
    of: (key: string): ReadonlySet<Entry> => entries.get(key) ?? none,
  };
}
