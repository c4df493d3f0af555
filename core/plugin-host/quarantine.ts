// Counts how often in a row a program broke the walls around it; after some it gets nothing more to run until somebody lets it.
import type { GuestResult } from '../sandbox/sandbox.ts';

export interface Quarantine {
  readonly since: number;
  readonly reason: string;
}

export interface Warden {
  /** A run ended. */
  saw(result: GuestResult): void;
  quarantine(): Quarantine | null;
  release(): void;
}

/** Each of them cost a worker or an isolate, and two deaths in a row park the job that was in both. */
const strikesAllowed = 3;
const offences: ReadonlySet<string> = new Set(['cpu_exceeded', 'memory_exceeded', 'call_limit']);

/** Another one brought the worker down, or somebody called the run off. */
const sayNothing: ReadonlySet<string> = new Set(['worker_lost', 'run_lost', 'aborted']);

/**
 * Whether this is the program's own doing. A worker takes those beside the culprit with it: only what it was at work on when it
 * died says something.
 */
export function isOffence(result: GuestResult): boolean {
  if (result.type !== 'failed') return false;
  const { code, details } = result.error;
  return offences.has(code) || (code === 'worker_lost' && details['suspect'] === true);
}

export function createWarden({
  now,
  onQuarantine,
}: {
  readonly now: () => number;
  onQuarantine(reason: string): void;
}): Warden {
  let strikes = 0;
  let held: Quarantine | null = null;

  return {
    saw(result) {
      if (!isOffence(result)) {
        if (result.type !== 'failed' || !sayNothing.has(result.error.code)) strikes = 0;
        return;
      }
      strikes += 1;
      if (strikes < strikesAllowed || held !== null || result.type !== 'failed') return;
      const reason = `it broke its limits or brought down its worker ${strikes} times in a row; the last: ${result.error.message}`;
      held = { since: now(), reason };
      onQuarantine(reason);
    },
    quarantine: () => held,
    release() {
      strikes = 0;
      held = null;
    },
  };
}
