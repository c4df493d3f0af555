// The sessions in memory: all live ones with their indexes, and the last closed ones, so that late records find what they are late for.
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import type { Session } from '../model/session.ts';
import type { Field } from './fields.ts';
import { createSortedIndex, rangeOf, type SortedIndex } from './sorted-index.ts';
import { inOrderOfStart, itemsOf, type Loading } from './table-load.ts';

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
  /** When its box last spoke of it, by our clock. */
  seenAt: number;
}

export interface Owed {
  readonly hook: 'user_auth' | 'user_disconnect';
  /** When it happened at the NAS, milliseconds since 1970. */
  readonly at: number;
  /** Tells one apart that the session has caused before: it was given up, or came back. */
  readonly again?: string;
}

export interface SessionTable {
  find(identity: string): Entry | undefined;
  /** As live or as closed, by what the session says. */
  keep(entry: Entry): void;
  /** Of an entry that is kept, also when it ends or goes on again by that: the indexes follow. */
  change(entry: Entry, session: Session): void;
  /** Live ones, all at once. The indexes are made after it returns, or when the first asks for one; the promise is for the last of them. */
  load(entries: readonly Entry[]): Promise<void>;
  /** Records of sessions that began until then may concern one that only the store remembers. */
  forgottenUntil(): number;
  /** Live ones whose indexed field has this key. */
  liveBy(field: string, key: string): readonly Entry[];
  /** Whether the account has another live session. */
  hasOthers(entry: Entry): boolean;
  /** By start, then id. */
  readonly byStart: SortedIndex;
  /** Makes what is left of it in one go. */
  indexOf(field: string): SortedIndex | undefined;
  /** Little by little what is left of these; undefined when nothing is. */
  makeFor(fields: readonly string[]): Promise<void> | undefined;
  closedById(id: string): Entry | undefined;
  counts(): { readonly live: number; readonly closed: number };
}

interface TableOptions {
  /** Milliseconds since 1970: what ended before is not in memory. */
  readonly startedAt: number;
  readonly maxClosed: number;
  readonly fields: ReadonlyMap<string, Field>;
}

const onlyOne = [''];

interface Moved {
  readonly entry: Entry;
  readonly session: Session;
  /** Else it went. */
  readonly came: boolean;
}

export function createTable({ startedAt, maxClosed, fields }: TableOptions): SessionTable {
  const live = new Map<string, Entry>();
  const closed = new Map<string, Entry>();
  const closedIds = new Map<string, Entry>();
  const byStart = createSortedIndex();
  const indexed = [...fields.values()].filter(({ name, indexed }) => indexed && name !== 'state');
  const indexes = new Map(indexed.map((field) => [field.name, { field, index: createSortedIndex() }]));
  /** Loaded, but not in their indexes yet. */
  const unmade = new Map<string, Iterator<void, void>>();
  /** What went and came since the loading, in its order, for those that are not made yet. */
  let since: Moved[] = [];
  /** Those that follow every change; what is not made yet will be made of what is live then. */
  let made = [...indexes.values()];
  let forgotten = startedAt;

  function indexOf(name: string): SortedIndex | undefined {
    const making = unmade.get(name);
    // Who asks by it waits for what is left of it.
    while (making !== undefined && unmade.has(name)) step(name, making);
    return indexes.get(name)?.index;
  }

  function step(name: string, making: Iterator<void, void>): void {
    const found = indexes.get(name);
    if (!making.next().done || found === undefined) return;
    const { field, index } = found;
    for (const { entry, session, came } of since)
      for (const key of field.keysOf(session))
        if (came) index.add(key, entry, session);
        else index.remove(key, entry, session);
    unmade.delete(name);
    if (unmade.size === 0) since = [];
    made.push(found);
  }

  function moved(move: Moved): void {
    if (unmade.size > 0) since.push(move);
  }

  /** Beside all else that there is to do. */
  async function makeSome(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const making = unmade.get(name);
      while (making !== undefined && unmade.has(name)) {
        step(name, making);
        await turn();
      }
    }
  }

  async function makeAll(): Promise<void> {
    await turn();
    await makeSome([...unmade.keys()]);
    void openAll([byStart, ...made.map(({ index }) => index)]);
  }

  function forgetOldest(): void {
    const [oldest] = closed.values();
    if (oldest === undefined) return;
    closed.delete(oldest.identity);
    // What the store does not hold yet must stay.
    if (oldest.dirty || oldest.writing !== null || oldest.telling > 0) closed.set(oldest.identity, oldest);
    else {
      closedIds.delete(oldest.session.id);
      forgotten = Math.max(forgotten, oldest.session.endedAt);
    }
  }

  function addLive(entry: Entry): void {
    live.set(entry.identity, entry);
    byStart.add('', entry);
    moved({ entry, session: entry.session, came: true });
    for (const { field, index } of made) for (const key of field.keysOf(entry.session)) index.add(key, entry);
  }

  function removeLive(entry: Entry): void {
    if (live.get(entry.identity) === entry) live.delete(entry.identity);
    byStart.remove('', entry);
    moved({ entry, session: entry.session, came: false });
    for (const { field, index } of made) for (const key of field.keysOf(entry.session)) index.remove(key, entry);
  }

  function addClosed(entry: Entry): void {
    const before = closed.get(entry.identity);
    if (before !== undefined) closedIds.delete(before.session.id);
    closed.delete(entry.identity);
    closed.set(entry.identity, entry);
    closedIds.set(entry.session.id, entry);
    if (closed.size > maxClosed) forgetOldest();
  }

  function removeClosed(entry: Entry): void {
    closedIds.delete(entry.session.id);
    if (closed.get(entry.identity) === entry) closed.delete(entry.identity);
  }

  /** Only those whose keys differ; a session that began at another time stands elsewhere in all of them. */
  function reindex(entry: Entry, session: Session): void {
    const before = entry.session;
    if (before.startedAt !== session.startedAt) {
      removeLive(entry);
      entry.session = session;
      addLive(entry);
      return;
    }
    const changed = [];
    for (const { field, index } of made) {
      const [old, next] = [field.keysOf(before), field.keysOf(session)];
      if (old.length === next.length && old.every((key, at) => key === next[at])) continue;
      for (const key of old) index.remove(key, entry);
      changed.push({ index, next });
    }
    moved({ entry, session: before, came: false });
    moved({ entry, session, came: true });
    entry.session = session;
    for (const { index, next } of changed) for (const key of next) index.add(key, entry);
  }

  const liveBy = (field: string, key: string): readonly Entry[] => {
    const index = key === '' ? undefined : indexOf(field);
    return index === undefined ? [] : index.slice(rangeOf(key), Number.POSITIVE_INFINITY).entries;
  };

  return {
    find: (identity) => live.get(identity) ?? closed.get(identity),
    keep(entry) {
      if (entry.session.endedAt === 0) addLive(entry);
      else addClosed(entry);
    },
    change(entry, session) {
      const [wasLive, isLive] = [entry.session.endedAt === 0, session.endedAt === 0];
      if (wasLive && isLive) {
        if (hasSameKeys(entry.session, session)) entry.session = session;
        else reindex(entry, session);
        return;
      }
      if (wasLive) removeLive(entry);
      else if (isLive) removeClosed(entry);
      entry.session = session;
      if (isLive) addLive(entry);
      else if (wasLive) addClosed(entry);
    },
    load(entries) {
      for (const entry of entries) live.set(entry.identity, entry);
      const loading = inOrderOfStart([...live.values()]);
      const inOrder = makeOf({ keysOf: () => onlyOne }, byStart, loading);
      while (!inOrder.next().done);
      since = [];
      for (const [name, { field, index }] of indexes) unmade.set(name, makeOf(field, index, loading));
      made = [];
      return makeAll();
    },
    forgottenUntil: () => forgotten,
    liveBy,
    hasOthers(entry) {
      const { userName, userId } = entry.session;
      const others = [...liveBy('login', userName), ...liveBy('user_id', userId)];
      return others.some((other) => other !== entry);
    },
    byStart,
    indexOf,
    makeFor: (names) => (names.some((name) => unmade.has(name)) ? makeSome(names) : undefined),
    closedById: (id) => closedIds.get(id),
    counts: () => ({ live: live.size, closed: closed.size }),
  };
}

function* makeOf({ keysOf }: Pick<Field, 'keysOf'>, index: SortedIndex, loading: Loading): Generator<void, void> {
  const items = yield* itemsOf(keysOf, loading);
  yield;
  yield* index.load(items);
}

/** What an update leaves as it is most of the time: all that any index is made of. */
function hasSameKeys(a: Session, b: Session): boolean {
  return (
    a.startedAt === b.startedAt &&
    a.userId === b.userId &&
    a.userName === b.userName &&
    a.framedIp === b.framedIp &&
    a.framedIpv6Prefix === b.framedIpv6Prefix &&
    a.delegatedIpv6Prefix === b.delegatedIpv6Prefix &&
    a.callingStationId === b.callingStationId &&
    a.port === b.port &&
    a.plan === b.plan &&
    a.calledStationId === b.calledStationId &&
    a.multiSessionId === b.multiSessionId &&
    a.class === b.class &&
    a.nasIp === b.nasIp &&
    a.nasIdentifier === b.nasIdentifier &&
    a.fields === b.fields
  );
}

/** Little by little, so that what was loaded is let go of and nobody notices. */
async function openAll(indexes: readonly SortedIndex[]): Promise<void> {
  for (const index of indexes) while (index.openSome()) await pause(pauseMs, undefined, { ref: false });
}

const pauseMs = 20;
