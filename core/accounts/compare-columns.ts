// Columns of numbers that grow, names that find rows, and values that many rows share kept once: a million rows take few bytes each.
import { isIPv4 } from 'node:net';

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
  let values = new kind(0);
  return {
    get: (row) => values[row] ?? 0,
    set(row, value) {
      if (row >= values.length) {
        const grown = new kind(Math.max(values.length * 2, row + 1, 1024));
        grown.set(values);
        values = grown;
      }
      (values as Numbers)[row] = value;
    },
  };
}

export interface Addresses {
  get(row: number): string | null | undefined;
  set(row: number, address: string | null): void;
}

/** Undefined for a row that was never set; nothing is held while none is. IPv4 stands as a number, so that a million may differ. */
export function createAddresses(): Addresses {
  // 0: never set, 1: null, from 2 on IPv4; below 0: what is no IPv4, interned.
  const values = createColumn(Float64Array);
  const others = createInterned<string>();
  return {
    get(row) {
      const value = values.get(row);
      if (value < 0) return others.at(-1 - value);
      if (value < 2) return value === 0 ? undefined : null;
      return [24, 16, 8, 0].map((shift) => ((value - 2) >>> shift) & 255).join('.');
    },
    set(row, address) {
      if (address === null) values.set(row, 1);
      else values.set(row, isIPv4(address) ? 2 + numberOf(address) : -1 - others.indexOf(address));
    },
  };
}

function numberOf(ipv4: string): number {
  return ipv4.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
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

export interface Names {
  get(name: string): number | undefined;
  set(name: string, row: number): void;
  size(): number;
  /** A part of the rows at a time. */
  parts(): Iterable<Iterable<number>>;
}

const shards = 128;

/** In shards: one map of a million would stand still for a quarter of a second whenever it grows. */
export function createNames(): Names {
  const maps = Array.from({ length: shards }, () => new Map<string, number>());
  const mapOf = (name: string): Map<string, number> => {
    let hash = 0;
    for (let at = Math.max(0, name.length - 8); at < name.length; at++)
      hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    return maps[(hash ^ (hash >>> 15)) & (shards - 1)] as Map<string, number>;
  };
  return {
    get: (name) => mapOf(name).get(name),
    set: (name, row) => void mapOf(name).set(name, row),
    size: () => maps.reduce((sum, map) => sum + map.size, 0),
    *parts() {
      for (const map of maps) yield map.values();
    },
  };
}
