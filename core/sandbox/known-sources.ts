// Remembers what a source offered when it was loaded, so that a thousand profiles of one plugin load it once and not all at once.
import type { Loaded } from './instance.ts';

export interface KnownSources {
  /** What the source offers, as soon as that is known; it rejects when that load failed. */
  find(source: string): Promise<Loaded> | undefined;
  /** It is being loaded. */
  add(source: string, offer: Promise<Loaded>): void;
}

export function createKnownSources(most: number): KnownSources {
  const offers = new Map<string, Promise<Loaded>>();
  return {
    find: (source) => offers.get(source),
    add(source, offer) {
      offers.set(source, offer);
      offer.catch(() => {
        if (offers.get(source) === offer) offers.delete(source);
      });
      const [oldest] = offers.keys();
      if (offers.size > most && oldest !== undefined) offers.delete(oldest);
    },
  };
}
