// All live sessions at once as the items of an index: much cheaper than one by one.
import type { Session } from '../model/session.ts';
import { orderOfNumbers } from './key-order.ts';
import type { Items } from './sorted-index.ts';
import type { Entry } from './table.ts';

export interface Loading {
  /** As they stand in memory: to go through them so is much faster than in any other order. */
  readonly entries: readonly Entry[];
  /** As they were then: what changes meanwhile is put in afterwards. */
  readonly sessions: readonly Session[];
  readonly starts: Float64Array;
  /** Places among the entries, by start, then id. */
  readonly order: Uint32Array;
  /** As most indexes have them, where each session has one key: shared, since a million of anything is much. */
  readonly whole: Omit<Items, 'keys'>;
}

export function inOrderOfStart(entries: readonly Entry[]): Loading {
  const starts = new Float64Array(entries.length);
  for (let at = 0; at < entries.length; at++) starts[at] = (entries[at] as Entry).session.startedAt;
  const order = orderOfNumbers(starts);
  const startAt = (place: number): number => starts[order[place] as number] as number;
  const idOf = (at: number): string => (entries[at] as Entry).session.id;
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && startAt(end) === startAt(first)) end++;
    if (end - first > 1) order.subarray(first, end).sort((a, b) => (idOf(a) < idOf(b) ? -1 : 1));
    first = end;
  }
  const firsts = Uint32Array.from({ length: entries.length + 1 }, (_, at) => at);
  const sessions = entries.map(({ session }) => session);
  return { entries, sessions, starts, order, whole: inSlots(firsts, { entries, starts, order }) };
}

/** Sessions between two moments at which something else may run. */
const atOnce = 32_768;

/** One session can have no key, or several. */
export function* itemsOf(keysOf: (session: Session) => readonly string[], loading: Loading): Generator<void, Items> {
  const { sessions, whole } = loading;
  const keys = new Array<string>(sessions.length);
  const firsts = new Uint32Array(sessions.length + 1);
  let count = 0;
  let isWhole = true;
  for (let at = 0; at < sessions.length; at++) {
    for (const key of keysOf(sessions[at] as Session)) keys[count++] = key;
    isWhole &&= count === at + 1;
    firsts[at + 1] = count;
    if (at % atOnce === 0) yield;
  }
  keys.length = count;
  return { keys, ...(isWhole ? whole : inSlots(firsts, loading)) };
}

/** `firsts`: of each entry where its keys begin. */
function inSlots(
  firsts: Uint32Array,
  { entries, starts, order }: Omit<Loading, 'whole' | 'sessions'>,
): Loading['whole'] {
  const count = firsts[entries.length] as number;
  const slots = new Uint32Array(count);
  const sorted = { starts: new Float64Array(count), entries: new Array<Entry>(count) };
  let slot = 0;
  for (const at of order)
    for (let item = firsts[at] as number; item < (firsts[at + 1] as number); item++) {
      sorted.starts[slot] = starts[at] as number;
      sorted.entries[slot] = entries[at] as Entry;
      slots[item] = slot++;
    }
  return { slots, ...sorted };
}
