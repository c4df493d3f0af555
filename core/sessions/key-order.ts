// The order of a million texts at once: the characters that tell them apart are packed into numbers, and the native sort of numbers does the work.

/** Positions that one pass looks at. */
const positions = 24;
/** Room for each of them: every character, and 0 for a text that has ended. */
const symbols = 65_537;
const fewerThanPass = 1500;
/** Keys between two moments at which something else may run. */
const atOnce = 65_536;
const fewEnough = 24;

/**
 * The slots in the order of their keys, equal keys in the order of their slots. Key n has slot n unless `slots` says otherwise;
 * each of the slots from 0 on is given once. Fastest when the keys come as they stand in memory.
 */
export function orderOf(keys: readonly string[], slots?: Uint32Array): Uint32Array {
  const ordering = orderInSteps(keys, slots);
  for (;;) {
    const { done, value } = ordering.next();
    if (done) return value;
  }
}

/** The same, yielding every few hundredths of a second at most. */
export function* orderInSteps(
  keys: readonly string[],
  slots: Uint32Array = numbersTo(keys.length),
): Generator<void, Uint32Array> {
  const count = keys.length;
  const itemOf = new Uint32Array(count);
  for (let item = 0; item < count; item++) itemOf[slots[item] as number] = item;
  const order = numbersTo(count);
  const isFew = count < fewerThanPass;
  const ranks = new Uint16Array(isFew ? 0 : positions * symbols);
  const sorting: Sorting = { keys, slots, itemOf, order, ranks, slotBits: bitsFor(count) };
  if (isFew) sortFew(sorting, 0, count);
  else yield* sortMany(sorting, { items: numbersTo(count), start: 0, known: 0 });
  return order;
}

/** Places in the order of their values, which are whole and not negative; equal ones as they stand. */
export function orderOfNumbers(values: Float64Array): Uint32Array {
  const count = values.length;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const slotBits = bitsFor(count);
  const order = numbersTo(count);
  if (most - least >= 2 ** (53 - slotBits)) return order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
  const packed = pack(count, slotBits);
  for (let at = 0; at < count; at++) packed.set(at, (values[at] as number) - least, at);
  packed.sort();
  for (let at = 0; at < count; at++) order[at] = packed.slotAt(at);
  return order;
}

interface Sorting {
  readonly keys: readonly string[];
  readonly slots: Uint32Array;
  readonly itemOf: Uint32Array;
  readonly order: Uint32Array;
  /** Zeros between two passes. */
  readonly ranks: Uint16Array;
  readonly slotBits: number;
}

interface Group {
  readonly items: Uint32Array;
  /** Where they begin in the order. */
  readonly start: number;
  /** So many of their first characters are alike. */
  readonly known: number;
}

function* sortMany(sorting: Sorting, { items, start, known }: Group): Generator<void, void> {
  const { keys, itemOf, order, slotBits } = sorting;
  const from = sharedLength(keys, items, known);
  const { sizes, used, longest, clear } = yield* rankSymbols(sorting, items, from);
  const packed = pack(items.length, slotBits);
  for (let first = 0; first < items.length; first += atOnce) {
    packSome(sorting, { items, first, from, sizes, packed });
    yield;
  }
  clear();
  packed.sort();
  yield;
  for (let at = 0; at < items.length; at++) order[start + at] = packed.slotAt(at);
  if (longest <= from + used) return;
  for (let first = 0; first < items.length; ) {
    let end = first + 1;
    while (end < items.length && packed.hasSameDigits(end, first)) end++;
    if (end - first >= fewerThanPass) {
      const alike = order.slice(start + first, start + end).map((slot) => itemOf[slot] as number);
      yield* sortMany(sorting, { items: alike, start: start + first, known: from + used });
    } else if (end - first > 1) sortFew(sorting, start + first, start + end);
    first = end;
  }
}

interface Packing {
  readonly items: Uint32Array;
  readonly first: number;
  readonly from: number;
  readonly sizes: readonly number[];
  readonly packed: ReturnType<typeof pack>;
}

function packSome({ keys, slots, ranks }: Sorting, { items, first, from, sizes, packed }: Packing): void {
  const used = sizes.length;
  for (let at = first; at < Math.min(items.length, first + atOnce); at++) {
    const item = items[at] as number;
    const key = keys[item] as string;
    const end = Math.min(key.length, from + used);
    let digits = 0;
    let position = 0;
    for (let index = from; index < end; index++, position++)
      digits = digits * (sizes[position] as number) + (ranks[position * symbols + key.charCodeAt(index) + 1] as number);
    for (; position < used; position++) digits *= sizes[position] as number;
    packed.set(at, digits, slots[item] as number);
  }
}

/** Each position's characters by their rank among those that occur there: where all are alike, one takes no room. */
function* rankSymbols(sorting: Sorting, items: Uint32Array, from: number) {
  const { ranks, slotBits } = sorting;
  let highest = 0;
  let longest = 0;
  for (let first = 0; first < items.length; first += atOnce) {
    const seen = markSymbols(sorting, items.subarray(first, first + atOnce), from);
    highest = Math.max(highest, seen.highest);
    longest = Math.max(longest, seen.longest);
    yield;
  }
  const room = 2 ** Math.min(53, 64 - slotBits);
  const sizes: number[] = [];
  for (let product = 1; sizes.length < positions; ) {
    const row = sizes.length * symbols;
    let size = 0;
    for (let at = row; at <= row + highest; at++) if (ranks[at] === 1) ranks[at] = size++;
    // Where no text goes on.
    size = Math.max(size, 1);
    product *= size;
    if (product > room) break;
    sizes.push(size);
  }
  const clear = (): void => {
    for (let row = 0; row < ranks.length; row += symbols) ranks.fill(0, row, row + highest + 1);
  };
  return { sizes, used: sizes.length, longest, clear };
}

function markSymbols({ keys, ranks }: Sorting, items: Uint32Array, from: number) {
  let highest = 0;
  let longest = 0;
  for (const item of items) {
    const key = keys[item] as string;
    if (key.length > longest) longest = key.length;
    const end = Math.min(key.length, from + positions);
    let row = 0;
    for (let index = from; index < end; index++, row += symbols) {
      const symbol = key.charCodeAt(index) + 1;
      if (symbol > highest) highest = symbol;
      ranks[row + symbol] = 1;
    }
    if (end < from + positions) ranks[row] = 1;
  }
  return { highest, longest };
}

/** Numbers of 64 bits, digits in front of a slot, in the two halves that the machine keeps them in. */
function pack(count: number, slotBits: number) {
  const halves = new Uint32Array(count * 2);
  const [slotRoom, lowDigits] = [2 ** slotBits, 2 ** (32 - slotBits)];
  return {
    set(at: number, digits: number, slot: number): void {
      halves[2 * at] = (digits % lowDigits) * slotRoom + slot;
      halves[2 * at + 1] = Math.floor(digits / lowDigits);
    },
    sort: () => void new BigUint64Array(halves.buffer).sort(),
    slotAt: (at: number): number => (halves[2 * at] as number) & (slotRoom - 1),
    hasSameDigits: (a: number, b: number): boolean =>
      halves[2 * a + 1] === halves[2 * b + 1] &&
      (halves[2 * a] as number) >>> slotBits === (halves[2 * b] as number) >>> slotBits,
  };
}

function sortFew({ keys, itemOf, order }: Sorting, start: number, end: number): void {
  const keyOf = (slot: number): string => keys[itemOf[slot] as number] as string;
  if (end - start > fewEnough) {
    order.subarray(start, end).sort((a, b) => compare(keyOf(a), keyOf(b)) || a - b);
    return;
  }
  for (let at = start + 1; at < end; at++) {
    const slot = order[at] as number;
    const key = keyOf(slot);
    let to = at;
    for (; to > start && key < keyOf(order[to - 1] as number); to--) order[to] = order[to - 1] as number;
    order[to] = slot;
  }
}

/** How many characters all have in common. */
function sharedLength(keys: readonly string[], items: Uint32Array, known: number): number {
  const first = keys[items[0] as number] as string;
  let same = first.length;
  for (const item of items) {
    const key = keys[item] as string;
    let index = Math.min(known, same);
    while (index < same && key.charCodeAt(index) === first.charCodeAt(index)) index++;
    same = index;
    if (same <= known) break;
  }
  return same;
}

function numbersTo(count: number): Uint32Array {
  const numbers = new Uint32Array(count);
  for (let at = 0; at < count; at++) numbers[at] = at;
  return numbers;
}

function bitsFor(count: number): number {
  return Math.max(1, 32 - Math.clz32(Math.max(1, count - 1)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
