// How a job's run ended, and what is kept of it.
import { type Code, isUnreachable } from '../errors.ts';

export type Outcome =
  /** The box has what the hook asks for. */
  | { readonly type: 'done' }
  /** Nothing was there to change or remove: as good as done. */
  | { readonly type: 'gone'; readonly reason: string }
  /** Try again: after this many milliseconds when the plugin or the box said so. */
  | { readonly type: 'retry'; readonly reason: string; readonly code: Code; readonly afterMs?: number }
  /** No, for good. */
  | { readonly type: 'refused'; readonly reason: string; readonly code: Code }
  /** The plugin has no such hook. */
  | { readonly type: 'unsupported'; readonly reason: string };

/** Nobody answered: the box was silent, or out of reach, or the time was over. It says nothing of what is asked. */
export function isUnanswered(outcome: Outcome): boolean {
  return outcome.type === 'retry' && (isUnreachable(outcome.code) || outcome.code === 'deadline_exceeded');
}

/** One line of what went over the wire or was said on the way, secrets already masked. */
export interface Exchange {
  readonly at: number;
  readonly kind: 'sent' | 'received' | 'log' | 'recorded';
  /** `coa`, `ssh`, ...; `plugin` for log lines. */
  readonly via: string;
  readonly text: string;
}
