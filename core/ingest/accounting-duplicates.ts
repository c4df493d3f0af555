// Remembers what was answered, so that a retransmission gets the same bytes again and is worked on once: RFC 5080 section 2.2.2.

/** One request of one source, known by its identifier and authenticator. */
export interface Seen {
  readonly authenticator: string;
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

  function sweep(time: number): void {
    sweptAt = time;
    for (const [key, { usedAt }] of sources) if (time - usedAt > keepMs) sources.delete(key);
  }

  return {
    find(source, datagram) {
      const slots = sources.get(keyOf(source));
      const identifier = datagram[1] as number;
      const seen = slots?.byIdentifier[identifier];
      if (slots === undefined || seen === undefined) return undefined;
      if (now() - seen.at <= keepMs && seen.authenticator === authenticatorOf(datagram)) return seen;
      slots.byIdentifier[identifier] = undefined;
      return undefined;
    },
    begin(source, datagram) {
      const time = now();
      if (time - sweptAt > keepMs) sweep(time);
      const key = keyOf(source);
      let slots = sources.get(key);
      if (slots === undefined) {
        const [first] = sources.keys();
        if (sources.size >= maxSources && first !== undefined) sources.delete(first);
        slots = { usedAt: time, byIdentifier: new Array(256).fill(undefined) };
        sources.set(key, slots);
      }
      slots.usedAt = time;
      const seen: Seen = { authenticator: authenticatorOf(datagram), at: time, response: null };
      slots.byIdentifier[datagram[1] as number] = seen;
      return seen;
    },
    forget(source, datagram, seen) {
      const slots = sources.get(keyOf(source));
      const identifier = datagram[1] as number;
      if (slots?.byIdentifier[identifier] === seen) slots.byIdentifier[identifier] = undefined;
    },
    size: () => sources.size,
  };
}

function keyOf({ address, port }: Source): string {
  return `${address} ${port}`;
}

function authenticatorOf(datagram: Buffer): string {
  return datagram.toString('latin1', 4, 20);
}
