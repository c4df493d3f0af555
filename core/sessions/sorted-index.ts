// Live sessions in the order of a key, then of their start, then of their id: equal, prefix, less and greater are all ranges of it.
import type { Session } from '../model/session.ts';
import { orderInSteps } from './key-order.ts';
import type { Entry } from './table.ts';

/** A place in the order; an item need not be there. */
export interface Place {
  readonly key: string;
  readonly startedAt: number;
  readonly id: string;
}

/** From the first place to before the second. */
export interface Range {
  readonly from: Place;
  readonly to: Place;
}

export interface SortedIndex {
  /** At the place of this session, by default of what the entry has now. */
  add(key: string, entry: Entry, session?: Session): void;
  /** The session must be the one that it was added with. */
  remove(key: string, entry: Entry, session?: Session): void;
  /** Takes, at its last step, the place of all that was there. */
  load(items: Items): Generator<void, void>;
  /** Makes some of the lists that loading left for later; false when none was left. Until then what was loaded is held. */
  openSome(): boolean;
  count(range: Range): number;
  /** All of them, each with its start: not one of the entries is touched for that. */
  scan(range: Range, visit: (startedAt: number, entry: Entry) => void): void;
  /** In their order, not more than so many. */
  slice(range: Range, most: number): Slice;
}

export interface Items {
  /** Best as they stand in memory. */
  readonly keys: readonly string[];
  /** Of each key its place in the order of starts and ids. */
  readonly slots: Uint32Array;
  /** By that place. */
  readonly starts: Float64Array;
  readonly entries: readonly Entry[];
}

export interface Slice {
  readonly entries: readonly Entry[];
  /** Where the next one begins; null when there is none. */
  readonly next: Place | null;
}

interface Chunk {
  readonly keys: string[];
  readonly entries: Entry[];
  readonly starts: number[];
}

/** As it was loaded: only the order is known, the lists are made when it is looked into. */
interface Unopened extends Omit<Items, 'slots'> {
  readonly order: Uint32Array;
}

/** To add and to remove move half of a chunk on average: larger ones cost more with every Start and Stop. */
const mostInChunk = 256;
/** Chunks that are opened between two looks at whatever else waits. */
const openedAtOnce = 64;

export const everything: Range = {
  from: { key: '', startedAt: Number.NEGATIVE_INFINITY, id: '' },
  to: { key: '\uffff', startedAt: Number.POSITIVE_INFINITY, id: '' },
};

export function rangeOf(key: string): Range {
  return {
    from: { key, startedAt: Number.NEGATIVE_INFINITY, id: '' },
    to: { key, startedAt: Number.POSITIVE_INFINITY, id: '' },
  };
}

export function createSortedIndex(): SortedIndex {
  let chunks: (Chunk | Unopened)[] = [];

  function chunkAt(at: number): Chunk | undefined {
    const chunk = chunks[at];
    if (chunk === undefined || !isUnopened(chunk)) return chunk;
    const opened = openChunk(chunk);
    chunks[at] = opened;
    return opened;
  }

  /** The chunk that holds the first item at or after the place, or would. */
  function chunkOf(place: Place): number {
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = chunks[middle] as Chunk | Unopened;
      const last = isUnopened(chunk) ? (chunk.order.at(-1) as number) : chunk.keys.length - 1;
      if (isBefore(chunk, last, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function indexIn(chunk: Chunk, place: Place): number {
    let low = 0;
    let high = chunk.keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(chunk, middle, place)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  const placeOf = (key: string, { startedAt, id }: Session): Place => ({ key, startedAt, id });

  function split(at: number): void {
    const { keys, entries, starts } = chunkAt(at) as Chunk;
    const half = keys.length >> 1;
    const second = { keys: keys.splice(half), entries: entries.splice(half), starts: starts.splice(half) };
    chunks.splice(at + 1, 0, second);
  }

  return {
    add(key, entry, session = entry.session) {
      const place = placeOf(key, session);
      const at = Math.min(chunkOf(place), Math.max(0, chunks.length - 1));
      const chunk = chunkAt(at);
      if (chunk === undefined) {
        chunks.push({ keys: [key], entries: [entry], starts: [place.startedAt] });
        return;
      }
      const index = indexIn(chunk, place);
      chunk.keys.splice(index, 0, key);
      chunk.entries.splice(index, 0, entry);
      chunk.starts.splice(index, 0, place.startedAt);
      if (chunk.keys.length > mostInChunk) split(at);
    },
    remove(key, entry, session = entry.session) {
      const place = placeOf(key, session);
      const at = chunkOf(place);
      const chunk = chunkAt(at);
      if (chunk === undefined) return;
      const index = indexIn(chunk, place);
      if (chunk.entries[index] !== entry || chunk.keys[index] !== key) return;
      chunk.keys.splice(index, 1);
      chunk.entries.splice(index, 1);
      chunk.starts.splice(index, 1);
      if (chunk.keys.length === 0) chunks.splice(at, 1);
    },
    *load({ keys, slots, starts, entries }) {
      const order = yield* orderInSteps(keys, slots);
      const bySlot = new Array<string>(keys.length);
      for (let at = 0; at < keys.length; at++) bySlot[slots[at] as number] = keys[at] as string;
      // Room for what comes: half of a chunk, so that the next ones do not split all of them.
      const size = mostInChunk >> 1;
      chunks = [];
      for (let start = 0; start < order.length; start += size)
        chunks.push({ order: order.subarray(start, start + size), keys: bySlot, starts, entries });
    },
    openSome() {
      let opened = 0;
      for (let at = 0; at < chunks.length && opened < openedAtOnce; at++)
        if (isUnopened(chunks[at] as Chunk | Unopened)) {
          chunkAt(at);
          opened++;
        }
      return opened > 0;
    },
    count({ from, to }) {
      const [first, last] = [chunkOf(from), chunkOf(to)];
      const head = chunkAt(first);
      if (head === undefined || last < first) return 0;
      const tail = chunkAt(last);
      let count = -indexIn(head, from) + (tail === undefined ? 0 : indexIn(tail, to));
      for (let at = first; at < last; at++) count += lengthOf(chunks[at] as Chunk | Unopened);
      return Math.max(0, count);
    },
    scan({ from, to }, visit) {
      const [first, last] = [chunkOf(from), chunkOf(to)];
      for (let at = first; at <= last && at < chunks.length; at++) {
        const chunk = chunkAt(at) as Chunk;
        const stop = at === last ? indexIn(chunk, to) : chunk.keys.length;
        for (let index = at === first ? indexIn(chunk, from) : 0; index < stop; index++)
          visit(chunk.starts[index] as number, chunk.entries[index] as Entry);
      }
    },
    slice({ from, to }, most) {
      const found: Entry[] = [];
      const [first, last] = [chunkOf(from), chunkOf(to)];
      for (let at = first; at <= last && at < chunks.length; at++) {
        const chunk = chunkAt(at) as Chunk;
        const stop = at === last ? indexIn(chunk, to) : chunk.keys.length;
        for (let index = at === first ? indexIn(chunk, from) : 0; index < stop; index++) {
          const entry = chunk.entries[index] as Entry;
          if (found.length === most)
            return { entries: found, next: placeOf(chunk.keys[index] as string, entry.session) };
          found.push(entry);
        }
      }
      return { entries: found, next: null };
    },
  };
}

function isBefore({ keys, starts, entries }: Chunk | Unopened, at: number, place: Place): boolean {
  const key = keys[at] as string;
  if (key !== place.key) return key < place.key;
  const startedAt = starts[at] as number;
  if (startedAt !== place.startedAt) return startedAt < place.startedAt;
  return (entries[at] as Entry).session.id < place.id;
}

function openChunk({ order, keys, starts, entries }: Unopened): Chunk {
  const size = order.length;
  const chunk = { keys: new Array<string>(size), entries: new Array<Entry>(size), starts: new Array<number>(size) };
  for (let at = 0; at < size; at++) {
    const slot = order[at] as number;
    chunk.keys[at] = keys[slot] as string;
    chunk.entries[at] = entries[slot] as Entry;
    chunk.starts[at] = starts[slot] as number;
  }
  return chunk;
}

function isUnopened(chunk: Chunk | Unopened): chunk is Unopened {
  return 'order' in chunk;
}

function lengthOf(chunk: Chunk | Unopened): number {
  return isUnopened(chunk) ? chunk.order.length : chunk.keys.length;
}
