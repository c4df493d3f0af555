// What reconcile asks of the boxes: who they are, how patient their profiles are, and all the sessions that they have.
import type { ListedSession } from './book.ts';

export interface Boxes {
  get(name: string): Box | undefined;
  /** Those without a profile in force are `null`. */
  list(): readonly { readonly name: string; readonly nas: Box | null }[];
  /** Called after a profile went into force, was replaced or removed. Returns the unsubscriber. */
  onChange(listener: (name: string) => void): () => void;
}

export interface Box {
  readonly name: string;
  readonly profile: {
    readonly sync: {
      /** Milliseconds between two runs; null = only by hand. */
      readonly everyMs: number | null;
      /** Milliseconds without an update before a missing session is closed. */
      readonly graceMs: number;
      /** Share of the live sessions that one run may close, 0 to 1. */
      readonly mostClosed: number;
    };
  };
  /** Never rejects; in bounded time. */
  listSessions(signal: AbortSignal): Promise<BoxAnswer>;
}

/** Only a full list says anything about the sessions that are not on it. */
export type BoxAnswer =
  | { readonly type: 'listed'; readonly sessions: readonly ListedSession[] }
  | { readonly type: 'unreachable' | 'unsupported' | 'failed'; readonly reason: string };
