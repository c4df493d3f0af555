// YAML values that still know where they stand: what every message with file and line is made from.

export interface Place {
  readonly file: string;
  readonly line: number;
}

export type Scalar = string | number | boolean | null;

export type Located = LocatedMap | LocatedList | LocatedScalar;

export interface LocatedMap {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly key: Place;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Located[];
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: Scalar;
  /** As written, for what is a text although it looks like a number: `nas_id: 007`. */
  readonly raw: string;
  /** Came from a secret reference: never to be shown. */
  readonly secret?: true;
}

export type Path = readonly (string | number)[];

export function toPlain(node: Located): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain: Record<string, unknown> = {};
  for (const [key, entry] of node.entries) plain[key] = toPlain(entry.value);
  return plain;
}

export function nodeAt(root: Located, path: Path): Located | undefined {
  let node: Located | undefined = root;
  for (const step of path) node = node === undefined ? undefined : childOf(node, step);
  return node;
}

/** Of the value, or of the key that leads to it, or of the nearest that is there. */
export function placeAt(root: Located, path: Path): Place {
  let node = root;
  let place = root.place;
  for (const step of path) {
    if (node.kind === 'map') place = node.entries.get(String(step))?.key ?? place;
    const child = childOf(node, step);
    if (child === undefined) return place;
    if (node.kind === 'list') place = child.place;
    node = child;
  }
  return node.kind === 'scalar' ? node.place : place;
}

function childOf(node: Located, step: string | number): Located | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.value;
  // One value where a list may stand is read as a list of one.
  if (node.kind === 'scalar') return step === 0 ? node : undefined;
  return node.items[Number(step)];
}

/** The upper's maps are laid over the lower's; its lists and scalars replace the lower's, and nothing (`key: ~`) takes the lower's away. */
export function overlay({ lower, upper }: { readonly lower: Located; readonly upper: Located }): Located {
  if (lower.kind !== 'map' || upper.kind !== 'map') return upper;
  const entries = new Map(lower.entries);
  for (const [key, entry] of upper.entries) {
    const below = lower.entries.get(key);
    if (below && entry.value.kind === 'scalar' && entry.value.value === null) entries.delete(key);
    else
      entries.set(key, below ? { key: entry.key, value: overlay({ lower: below.value, upper: entry.value }) } : entry);
  }
  return { kind: 'map', place: upper.place, entries };
}

/** A copy without these keys of the topmost map. */
export function without(root: LocatedMap, ...keys: readonly string[]): LocatedMap {
  return { ...root, entries: new Map([...root.entries].filter(([key]) => !keys.includes(key))) };
}

export function isMap(node: Located | undefined): node is LocatedMap {
  return node?.kind === 'map';
}

export function emptyMap(file: string): LocatedMap {
  return { kind: 'map', place: { file, line: 1 }, entries: new Map() };
}
