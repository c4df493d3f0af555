// URLSearchParams after the URL Standard: a list of names and values as forms encode them.

type Pair = [name: string, value: string];

/** Every byte that `encodeURIComponent` leaves and a form does not. */
const alsoEncoded = /[!'()~]/g;

/** For a URL: hears of changes, and takes what the URL's query became. */
export let linkToUrl: (params: URLSearchParams, changed: () => void) => (query: string) => void;

export class URLSearchParams {
  static {
    linkToUrl = (params, changed) => {
      params.#changed = changed;
      return (query) => {
        params.#pairs = parse(query);
      };
    };
  }

  #pairs: Pair[];
  #changed: () => void = () => {};

  constructor(init: unknown = '') {
    this.#pairs = pairsOf(init);
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([wellFormed(name), wellFormed(value)]);
    this.#changed();
  }

  delete(name: unknown, value?: unknown): void {
    const isIt = matching(name, value);
    this.#pairs = this.#pairs.filter((pair) => !isIt(pair));
    this.#changed();
  }

  get(name: unknown): string | null {
    return this.#pairs.find(matching(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter(matching(name)).map(([, value]) => value);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some(matching(name, value));
  }

  set(name: unknown, value: unknown): void {
    const isIt = matching(name);
    const at = this.#pairs.findIndex(isIt);
    const pair: Pair = [wellFormed(name), wellFormed(value)];
    if (at === -1) this.#pairs.push(pair);
    else this.#pairs = this.#pairs.flatMap((each, index) => (index === at ? [pair] : isIt(each) ? [] : [each]));
    this.#changed();
  }

  sort(): void {
    this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    this.#changed();
  }

  forEach(visit: (value: string, name: string, params: URLSearchParams) => void, self?: unknown): void {
    for (const [name, value] of this) visit.call(self, value, name, this);
  }

  *entries(): Generator<Pair, void> {
    // By place: the list may change on the way.
    for (let at = 0; at < this.#pairs.length; at += 1) yield [...(this.#pairs[at] as Pair)];
  }

  *keys(): Generator<string, void> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<string, void> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): Generator<Pair, void> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  }
}

function matching(name: unknown, value?: unknown): (pair: Pair) => boolean {
  const [wantedName, wantedValue] = [wellFormed(name), value === undefined ? undefined : wellFormed(value)];
  return ([itsName, itsValue]) => itsName === wantedName && (wantedValue === undefined || itsValue === wantedValue);
}

function pairsOf(init: unknown): Pair[] {
  if (typeof init !== 'object' || init === null) return parse(`${init}`);
  if (typeof Reflect.get(init, Symbol.iterator) !== 'function')
    return Object.entries(init).map(([name, value]) => [wellFormed(name), wellFormed(value)]);
  return Array.from(init as Iterable<unknown>, (each) => {
    const pair = typeof each === 'object' && each !== null ? [...(each as Iterable<unknown>)] : [];
    if (pair.length !== 2) throw new TypeError('URLSearchParams takes pairs of a name and a value.');
    return [wellFormed(pair[0]), wellFormed(pair[1])];
  });
}

function parse(query: string): Pair[] {
  const parts = query.replace(/^\?/, '').split('&');
  return parts.flatMap((part): Pair[] => {
    if (part === '') return [];
    const at = part.indexOf('=');
    return at === -1 ? [[decode(part), '']] : [[decode(part.slice(0, at)), decode(part.slice(at + 1))]];
  });
}

function encode(text: string): string {
  const encoded = encodeURIComponent(text).replace(/%20/g, '+');
  return encoded.replace(alsoEncoded, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

function decode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced.toWellFormed();
  try {
    if (!/%(?![0-9A-Fa-f]{2})/.test(spaced)) return decodeURIComponent(spaced).toWellFormed();
  } catch {
    // Not UTF-8: what can be read of it.
  }
  return decodeBytes(spaced);
}

/** A % that begins no byte is itself, and bytes that are no UTF-8 are replaced. */
function decodeBytes(text: string): string {
  const encoder = new TextEncoder();
  const bytes = [...text.matchAll(/%([0-9A-Fa-f]{2})|[^%]+|%/g)].flatMap(([all, hex]) =>
    hex === undefined ? [...encoder.encode(all)] : [Number.parseInt(hex, 16)],
  );
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes));
}

function wellFormed(value: unknown): string {
  return `${value}`.toWellFormed();
}
