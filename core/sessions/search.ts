// Finds live sessions: over the smallest range that a condition gives, or over all in the order of their starts.
import { setImmediate as turn } from 'node:timers/promises';
import type { Compiled } from './conditions.ts';
import { everything, type Place, type Range, type SortedIndex } from './sorted-index.ts';
import type { Entry, SessionTable } from './table.ts';

export interface Position {
  readonly startedAt: number;
  readonly id: string;
}

/** Entries between two looks at whatever else waits. */
const sliceSize = 4096;
/** Items that are looked through without a break. */
const mostScanned = 32_768;

interface Driver {
  readonly index: SortedIndex;
  readonly ranges: readonly Range[];
  readonly count: number;
  /** Its one range has one key: it is in the order of the starts. */
  readonly isOrdered: boolean;
}

export interface Search {
  readonly table: SessionTable;
  readonly conditions: readonly Compiled[];
}

/** Up to so many after the position, oldest start first. */
export async function findLive(
  { table, conditions }: Search,
  page: { readonly after: Position | undefined; readonly limit: number },
): Promise<readonly Entry[]> {
  const { limit } = page;
  const making = table.makeFor(conditions.map(({ field }) => field.name));
  if (making !== undefined) await making;
  const driver = smallest(table, conditions);
  const all = table.counts().live;
  if (driver === undefined) return stream({ index: table.byStart, range: everything, conditions, ...page });
  const [range] = driver.ranges;
  if (range === undefined) return [];
  if (driver.isOrdered) return stream({ index: driver.index, range, conditions, ...page });
  // Looking through a range costs as many steps as it has items; going over all, as many as it takes to meet enough of them.
  if (
    driver.count > mostScanned ||
    (conditions.length > 1 && driver.count > sliceSize && driver.count ** 2 > limit * all)
  )
    return stream({ index: table.byStart, range: everything, conditions, ...page });
  const [only] = conditions;
  const isExact = conditions.length === 1 && only?.isExact === true;
  const accepts = (entry: Entry): boolean => isExact || holdsAll(conditions, entry);
  return earliest(driver, accepts, page);
}

/** The first of a range by their start, in one go: what is too late is not even touched. */
function earliest(
  { index, ranges }: Driver,
  accepts: (entry: Entry) => boolean,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): readonly Entry[] {
  const found: Entry[] = [];
  let latest = Number.POSITIVE_INFINITY;
  const visit = (startedAt: number, entry: Entry): void => {
    if (startedAt > latest || (after !== undefined && startedAt < after.startedAt)) return;
    if (!isAfter(entry, after) || !accepts(entry)) return;
    let low = 0;
    let high = found.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byStart(found[middle] as Entry, entry) < 0) low = middle + 1;
      else high = middle;
    }
    // A session with two addresses in a network stands there twice.
    if (found[low] === entry) return;
    found.splice(low, 0, entry);
    if (found.length > limit) found.pop();
    if (found.length === limit) latest = (found[limit - 1] as Entry).session.startedAt;
  };
  for (const range of ranges) index.scan(range, visit);
  return found;
}

export async function countLive({ table, conditions }: Search): Promise<number> {
  const making = table.makeFor(conditions.map(({ field }) => field.name));
  if (making !== undefined) await making;
  const driver = smallest(table, conditions);
  if (driver === undefined && conditions.length === 0) return table.counts().live;
  const [only] = conditions;
  // What the index counts is right as it is, unless one session can stand in it twice.
  if (driver !== undefined && conditions.length === 1 && only?.field.candidates === undefined) return driver.count;
  const counted = new Set<Entry>();
  const over = driver ?? { index: table.byStart, ranges: [everything] };
  for await (const entries of slicesOf(over))
    for (const entry of entries) if (holdsAll(conditions, entry)) counted.add(entry);
  return counted.size;
}

function smallest(table: SessionTable, conditions: readonly Compiled[]): Driver | undefined {
  let best: Driver | undefined;
  for (const { field, op, ranges } of conditions) {
    const index = table.indexOf(field.name);
    if (ranges === null || index === undefined) continue;
    const count = ranges.reduce((sum, range) => sum + index.count(range), 0);
    if (best !== undefined && best.count <= count) continue;
    best = { index, ranges, count, isOrdered: op === 'eq' && ranges.length === 1 };
  }
  return best;
}

interface Streaming extends Pick<Search, 'conditions'> {
  readonly index: SortedIndex;
  readonly range: Range;
  readonly after: Position | undefined;
  readonly limit: number;
}

async function stream({ index, range, conditions, after, limit }: Streaming): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  let from: Place | null = after === undefined ? range.from : { key: range.from.key, ...after };
  // With no condition but the range itself, nothing is looked at in vain.
  let most = Math.min(sliceSize, conditions.length <= 1 ? limit + 1 : sliceSize);
  while (from !== null) {
    const { entries, next }: { entries: readonly Entry[]; next: Place | null } = index.slice(
      { from, to: range.to },
      most,
    );
    for (const entry of entries) {
      if (!isAfter(entry, after) || !holdsAll(conditions, entry)) continue;
      found.push(entry);
      if (found.length === limit) return found;
    }
    from = next;
    if (next !== null && most === sliceSize) await turn();
    most = sliceSize;
  }
  return found;
}

async function* slicesOf({ index, ranges }: Pick<Driver, 'index' | 'ranges'>): AsyncIterable<readonly Entry[]> {
  let since = 0;
  for (const range of ranges) {
    let from: Place | null = range.from;
    while (from !== null) {
      const { entries, next }: { entries: readonly Entry[]; next: Place | null } = index.slice(
        { from, to: range.to },
        sliceSize,
      );
      yield entries;
      from = next;
      since += entries.length;
      if (since < sliceSize) continue;
      since = 0;
      await turn();
    }
  }
}

function holdsAll(conditions: readonly Compiled[], { session }: Entry): boolean {
  for (const condition of conditions) if (!condition.holds(session)) return false;
  return true;
}

function isAfter({ session }: Entry, after: Position | undefined): boolean {
  if (after === undefined) return true;
  return session.startedAt > after.startedAt || (session.startedAt === after.startedAt && session.id > after.id);
}

function byStart({ session: a }: Entry, { session: b }: Entry): number {
  return a.startedAt - b.startedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
