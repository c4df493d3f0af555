// Columns of numbers that grow, and values that many rows share kept once: a million rows take few bytes each.

export interface Column {
  get(row: number): number;
  set(row: number, value: number): void;
}

interface Numbers {
  readonly length: number;
  [index: number]: number;
}

export function createColumn<Kind extends Numbers>(
  kind: new (length: number) => Kind & { set(from: Kind): void },
): Column {
  let values = new kind(1024);
  return {
    get: (row) => values[row] ?? 0,
    set(row, value) {
      if (row >= values.length) {
        const grown = new kind(Math.max(values.length * 2, row + 1));
        grown.set(values);
        values = grown;
      }
      (values as Numbers)[row] = value;
    },
  };
}

export interface Interned<Value> {
  /** -1 for undefined. */
  indexOf(value: Value | undefined): number;
  at(index: number): Value | undefined;
}

export function createInterned<Value>(): Interned<Value> {
  const indexes = new Map<string, number>();
  const values: Value[] = [];
  return {
    indexOf(value) {
      if (value === undefined) return -1;
      const text = JSON.stringify(value);
      const known = indexes.get(text);
      if (known !== undefined) return known;
      indexes.set(text, values.length);
      return values.push(value) - 1;
    },
    at: (index) => values[index],
  };
}
