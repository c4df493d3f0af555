// Remembers what was answered, so that a retransmission gets the same bytes again and is worked on once: RFC 5080 section 2.2.2.

/** One request of one source, known by its identifier and authenticator. */
export interface Seen {
  /** The four words of the authenticator. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly at: number;
  /** Null while it is worked on. */
  response: Buffer | null;
}

export interface Source {
  readonly address: string;
  readonly port: number;
}

export interface Duplicates {
  /** What is known of this very request; a different one under the same identifier is forgotten. */
  find(source: Source, datagram: Buffer): Seen | undefined;
  /** Keeps it as being worked on. */
  begin(source: Source, datagram: Buffer): Seen;
  /** It came to nothing: the next copy is taken like new. */
  forget(source: Source, datagram: Buffer, seen: Seen): void;
  /** How many sources are remembered. */
  size(): number;
}

interface DuplicatesOptions {
  readonly now: () => number;
  readonly keepMs?: number;
  /** Each holds 256 answers at most, one per identifier: that bounds the whole. */
  readonly maxSources?: number;
}

interface Slots {
  usedAt: number;
  readonly byIdentifier: (Seen | undefined)[];
}

export function createDuplicates({ now, keepMs = 30_000, maxSources = 4096 }: DuplicatesOptions): Duplicates {
  const sources = new Map<string, Slots>();
  let sweptAt = now();
  /** Each packet asks twice, first whether it is known, then to keep it: its source is looked up once. */
  let asked: Source | undefined;
  let found: Slots | undefined;

  function slotsOf(source: Source): Slots | undefined {
    if (source !== asked) {
      found = sources.get(keyOf(source));
      asked = source;
    }
    return found;
  }

  function sweep(time: number): void {
    sweptAt = time;
    asked = undefined;
    for (const [key, { usedAt }] of sources) if (time - usedAt > keepMs) sources.delete(key);
  }

  function keep(source: Source, slots: Slots): void {
    const [first] = sources.keys();
    if (sources.size >= maxSources && first !== undefined) sources.delete(first);
    sources.set(keyOf(source), slots);
    asked = undefined;
  }

  return {
    find(source, datagram) {
      const slots = slotsOf(source);
      const identifier = datagram[1] as number;
      const seen = slots?.byIdentifier[identifier];
      if (slots === undefined || seen === undefined) return undefined;
      if (now() - seen.at <= keepMs && isSame(seen, datagram)) return seen;
      slots.byIdentifier[identifier] = undefined;
      return undefined;
    },
    begin(source, datagram) {
      const time = now();
      if (time - sweptAt > keepMs) sweep(time);
      let slots = slotsOf(source);
      if (slots === undefined) {
        slots = { usedAt: time, byIdentifier: new Array(256).fill(undefined) };
        keep(source, slots);
      }
      slots.usedAt = time;
      const seen: Seen = {
        a: datagram.readInt32LE(4),
        b: datagram.readInt32LE(8),
        c: datagram.readInt32LE(12),
        d: datagram.readInt32LE(16),
        at: time,
        response: null,
      };
      slots.byIdentifier[datagram[1] as number] = seen;
      return seen;
    },
    forget(source, datagram, seen) {
      const slots = slotsOf(source);
      const identifier = datagram[1] as number;
      if (slots?.byIdentifier[identifier] === seen) slots.byIdentifier[identifier] = undefined;
    },
    size: () => sources.size,
  };
}

function keyOf({ address, port }: Source): string {
  return `${address} ${port}`;
}

function isSame({ a, b, c, d }: Seen, datagram: Buffer): boolean {
  return (
    a === datagram.readInt32LE(4) &&
    b === datagram.readInt32LE(8) &&
    c === datagram.readInt32LE(12) &&
    d === datagram.readInt32LE(16)
  );
}
