// The interface of pauses: nothing new runs at a paused box until someone lifts that; kept over restarts.
import type { Pause } from '../store/store.ts';

/** A box with two plugins is paused with either: its lanes hold hooks of both. */
export interface Paused {
  readonly name: string;
  readonly plugin: { readonly name: string };
  readonly beside?: { readonly name: string };
}

export interface Pauses {
  /** The widest pause that this box is under. */
  of(nas: Paused): Pause | undefined;
  list(): readonly Pause[];
  /** Resolves when it is on disk, with its entry of the audit, and in force. Paused again, it keeps its first date and takes the new reason. */
  pause(scope: string, why: { readonly by: string; readonly reason: string }): Promise<Pause>;
  /** False: it was not paused. Else its entry of the audit is written with it. */
  resume(scope: string, by: string): Promise<boolean>;
  /** Called after a change. Returns the unsubscriber. */
  onChange(listener: () => void): () => void;
}
