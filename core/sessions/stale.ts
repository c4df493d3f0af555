// Sessions that their box has not spoken of for their time to live: one timer for all, looked at again only when one is due.
import { createDueHeap } from '../model/due-heap.ts';
import type { Session } from '../model/session.ts';
import type { Entry } from './table.ts';

export interface StaleSettings {
  /** Milliseconds; 0 = never. For sessions whose box promises no updates. */
  readonly sessionTtl: number;
  /** Up to so many milliseconds more, by chance: a million sessions need not end in one second. */
  readonly sessionTtlMaxDelay: number;
}

export interface StaleOptions extends StaleSettings {
  /** What the profile says, if it says something; 0 = never. */
  readonly ttlOfNas: (nas: string) => number | undefined;
  readonly now: () => number;
  readonly onStale: (entry: Entry) => void;
}

export interface Stale {
  /** Milliseconds without a word after which it is given up; Infinity = never. */
  ttlOf(session: Session): number;
  /** Of a live session, once. `grace`: milliseconds from now that it has in any case. */
  watch(entry: Entry, grace?: number): void;
  close(): void;
}

/** Updates that may be lost in a row before their session counts as gone. */
export const lostUpdates = 3;

export function createStale(options: StaleOptions): Stale {
  const { sessionTtl, sessionTtlMaxDelay, ttlOfNas, now, onStale } = options;
  const due = createDueHeap<Entry>({ clock: now, onDue: look });

  /** The profile's "never" counts more than what the box promises; else the promise of this session is the best that is known. */
  function ttlOf({ nas, interimInterval }: Session): number {
    const ofNas = ttlOfNas(nas);
    if (ofNas === 0) return Number.POSITIVE_INFINITY;
    const ttl = interimInterval > 0 ? lostUpdates * interimInterval * 1000 : (ofNas ?? sessionTtl);
    return ttl > 0 ? ttl : Number.POSITIVE_INFINITY;
  }

  function look(entry: Entry): void {
    if (entry.session.endedAt !== 0) return;
    const last = entry.seenAt + ttlOf(entry.session);
    if (last > now()) wait(entry, last);
    else onStale(entry);
  }

  function wait(entry: Entry, at: number): void {
    // A session that never ends is looked at again all the same: its profile can change.
    const latest = now() + 86_400_000;
    due.push(Math.min(at + Math.random() * sessionTtlMaxDelay, latest), entry);
  }

  return {
    ttlOf,
    watch(entry, grace = 0) {
      wait(entry, Math.max(entry.seenAt + ttlOf(entry.session), now() + grace));
    },
    close: due.close,
  };
}
