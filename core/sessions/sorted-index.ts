// Live sessions in the order of a key, then of their start, then of their id: equal, prefix, less and greater are all ranges of it.
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
  add(key: string, entry: Entry): void;
  /** The entry's session must be the one that it was added with. */
  remove(key: string, entry: Entry): void;
  /** Takes the place of all that was there. Entries must be in the order of their starts and ids. */
  load(items: Items): void;
  count(range: Range): number;
  /** All of them, each with its start: not one of the entries is touched for that. */
  scan(range: Range, visit: (startedAt: number, entry: Entry) => void): void;
  /** In their order, not more than so many. */
  slice(range: Range, most: number): Slice;
}

/** Three lists side by side. */
export interface Items {
  readonly keys: readonly string[];
  readonly starts: readonly number[];
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

const mostInChunk = 1024;

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
  let chunks: Chunk[] = [];

  /** The chunk that holds the first item at or after the place, or would. */
  function chunkOf(place: Place): number {
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = chunks[middle] as Chunk;
      if (isBefore(chunk, chunk.keys.length - 1, place)) low = middle + 1;
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

  const placeOf = (key: string, { session: { startedAt, id } }: Entry): Place => ({ key, startedAt, id });

  function split(at: number): void {
    const { keys, entries, starts } = chunks[at] as Chunk;
    const half = keys.length >> 1;
    const second = { keys: keys.splice(half), entries: entries.splice(half), starts: starts.splice(half) };
    chunks.splice(at + 1, 0, second);
  }

  return {
    add(key, entry) {
      const place = placeOf(key, entry);
      const at = Math.min(chunkOf(place), Math.max(0, chunks.length - 1));
      const chunk = chunks[at];
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
    remove(key, entry) {
      const place = placeOf(key, entry);
      const at = chunkOf(place);
      const chunk = chunks[at];
      if (chunk === undefined) return;
      const index = indexIn(chunk, place);
      if (chunk.entries[index] !== entry || chunk.keys[index] !== key) return;
      chunk.keys.splice(index, 1);
      chunk.entries.splice(index, 1);
      chunk.starts.splice(index, 1);
      if (chunk.keys.length === 0) chunks.splice(at, 1);
    },
    load({ keys, starts, entries }) {
      const order = orderOf(keys);
      chunks = [];
      // Room for what comes: half of a chunk, so that the next ones do not split all of them.
      const size = mostInChunk >> 1;
      for (let start = 0; start < order.length; start += size) {
        const chunk: Chunk = { keys: [], entries: [], starts: [] };
        const end = Math.min(start + size, order.length);
        for (let index = start; index < end; index++) {
          const at = order[index] as number;
          chunk.keys.push(keys[at] as string);
          chunk.entries.push(entries[at] as Entry);
          chunk.starts.push(starts[at] as number);
        }
        chunks.push(chunk);
      }
    },
    count({ from, to }) {
      const [first, last] = [chunkOf(from), chunkOf(to)];
      const head = chunks[first];
      if (head === undefined || last < first) return 0;
      const tail = chunks[last];
      let count = -indexIn(head, from) + (tail === undefined ? 0 : indexIn(tail, to));
      for (let at = first; at < last; at++) count += (chunks[at] as Chunk).keys.length;
      return Math.max(0, count);
    },
    scan({ from, to }, visit) {
      const [first, last] = [chunkOf(from), chunkOf(to)];
      for (let at = first; at <= last && at < chunks.length; at++) {
        const chunk = chunks[at] as Chunk;
        const stop = at === last ? indexIn(chunk, to) : chunk.keys.length;
        for (let index = at === first ? indexIn(chunk, from) : 0; index < stop; index++)
          visit(chunk.starts[index] as number, chunk.entries[index] as Entry);
      }
    },
    slice({ from, to }, most) {
      const found: Entry[] = [];
      const [first, last] = [chunkOf(from), chunkOf(to)];
      for (let at = first; at <= last && at < chunks.length; at++) {
        const chunk = chunks[at] as Chunk;
        const stop = at === last ? indexIn(chunk, to) : chunk.keys.length;
        for (let index = at === first ? indexIn(chunk, from) : 0; index < stop; index++) {
          const entry = chunk.entries[index] as Entry;
          if (found.length === most) return { entries: found, next: placeOf(chunk.keys[index] as string, entry) };
          found.push(entry);
        }
      }
      return { entries: found, next: null };
    },
  };
}

function isBefore({ keys, starts, entries }: Chunk, at: number, place: Place): boolean {
  const [key, startedAt] = [keys[at] as string, starts[at] as number];
  if (key !== place.key) return key < place.key;
  if (startedAt !== place.startedAt) return startedAt < place.startedAt;
  return (entries[at] as Entry).session.id < place.id;
}

// A double holds 52 bits exactly: four characters and the number of the item, so that the native sort of numbers does the work.
const itemBits = 2 ** 20;
const characters = 4;
const fewEnough = 24;

/** The order of the keys; equal ones stay as they are. */
export function orderOf(keys: readonly string[]): Uint32Array {
  const order = Uint32Array.from({ length: keys.length }, (_, at) => at);
  if (keys.length > itemBits) return order.sort((a, b) => compare(keys[a] as string, keys[b] as string) || a - b);
  sortSlice(keys, order, 0);
  return order;
}

function sortSlice(keys: readonly string[], slice: Uint32Array, known: number): void {
  if (slice.length <= fewEnough) {
    sortFew(keys, slice, { start: 0, end: slice.length });
    return;
  }
  const same = sharedLength(keys, slice, known);
  if (same < 0) return;
  const numbers = new Float64Array(slice.length);
  for (let at = 0; at < slice.length; at++) {
    const key = keys[slice[at] as number] as string;
    let digits = 0;
    // A missing character is less than any; those over 254 are told apart by the comparison of few.
    for (let index = same; index < same + characters; index++)
      digits = digits * 256 + (index < key.length ? Math.min(key.charCodeAt(index) + 1, 255) : 0);
    numbers[at] = digits * itemBits + at;
  }
  numbers.sort();
  const before = slice.slice();
  for (let start = 0; start < slice.length; ) {
    const digits = Math.floor((numbers[start] as number) / itemBits);
    let end = start;
    let isWide = false;
    for (; end < slice.length && Math.floor((numbers[end] as number) / itemBits) === digits; end++)
      slice[end] = before[(numbers[end] as number) % itemBits] as number;
    if (end - start > 1) {
      for (let rest = digits; rest > 0; rest = Math.floor(rest / 256)) isWide ||= rest % 256 === 255;
      if (end - start <= fewEnough) sortFew(keys, slice, { start, end });
      else if (isWide)
        slice.subarray(start, end).sort((a, b) => compare(keys[a] as string, keys[b] as string) || a - b);
      else sortSlice(keys, slice.subarray(start, end), same + characters);
    }
    start = end;
  }
}

/** In place, equal ones as they are. */
function sortFew(
  keys: readonly string[],
  slice: Uint32Array,
  { start, end }: { readonly start: number; readonly end: number },
): void {
  for (let at = start + 1; at < end; at++) {
    const item = slice[at] as number;
    const key = keys[item] as string;
    let to = at;
    for (; to > start && key < (keys[slice[to - 1] as number] as string); to--) slice[to] = slice[to - 1] as number;
    slice[to] = item;
  }
}

/** How many characters all have in common; -1 when they are all the same text. */
function sharedLength(keys: readonly string[], slice: Uint32Array, known: number): number {
  const first = keys[slice[0] as number] as string;
  let same = first.length;
  let isAll = true;
  for (let at = 1; at < slice.length; at++) {
    const key = keys[slice[at] as number] as string;
    if (isAll && key === first) continue;
    isAll = false;
    let index = Math.min(known, same);
    while (index < same && key.charCodeAt(index) === first.charCodeAt(index)) index++;
    same = index;
    if (same <= known) return same;
  }
  return isAll ? -1 : same;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
