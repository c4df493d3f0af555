// The gate of one NAS: how many jobs at once, how fast, and whether the box answers at all.
import type { ProfileLimits } from '../config/profile.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface GateStatus {
  readonly running: number;
  readonly breaker: BreakerState;
  /** Milliseconds since 1970; 0 unless the breaker is open. */
  readonly nextProbeAt: number;
}

export interface Gate {
  /** 0: enter now. Else milliseconds after which to ask again; Infinity: when a run ends. `background`: at most so many per second. */
  wait(limits: ProfileLimits, background?: number): number;
  enter(limits: ProfileLimits, background?: number): void;
  /** A run ended; `answered` says whether the box spoke. Returns what the breaker made of it. */
  leave(answered: boolean, limits: ProfileLimits): BreakerState;
  /** A run ended that says nothing about the box: refused by us, called off, the plugin's own bug. */
  leaveSilently(): void;
  /** Something about the box was changed: a closed-off one is tried at once. */
  retryNow(): void;
  status(): GateStatus;
}

const burstMs = 100;

export function createGate(clock: () => number): Gate {
  let running = 0;
  let breaker: BreakerState = 'closed';
  let unanswered = 0;
  let nextProbeAt = 0;
  // Rate as a debt: the time at which the next start is due if starts keep exactly to the rate.
  let dueAt = 0;
  let backgroundDueAt = 0;

  return {
    wait(limits, background) {
      const now = clock();
      if (breaker === 'half-open') return Number.POSITIVE_INFINITY;
      if (breaker === 'open') return now >= nextProbeAt ? 0 : nextProbeAt - now;
      // What is in no hurry leaves a slot for what is.
      const kept = background !== undefined && limits.concurrency > 1 ? 1 : 0;
      if (running >= limits.concurrency - kept) return Number.POSITIVE_INFINITY;
      const due = background === undefined ? dueAt : Math.max(dueAt, backgroundDueAt);
      // A burst of up to a tenth of a second's worth, so that a low timer resolution does not lower the rate.
      return Math.max(0, Math.ceil(due - now - burstMs));
    },
    enter(limits, background) {
      running++;
      if (breaker === 'open') breaker = 'half-open';
      if (limits.ratePerSecond !== Number.POSITIVE_INFINITY)
        dueAt = Math.max(dueAt, clock()) + 1000 / limits.ratePerSecond;
      if (background !== undefined) backgroundDueAt = Math.max(backgroundDueAt, clock()) + 1000 / background;
    },
    leave(answered, limits) {
      running--;
      if (answered) {
        unanswered = 0;
        breaker = 'closed';
        nextProbeAt = 0;
        return breaker;
      }
      unanswered++;
      // Before silence alone could use up all attempts of a job.
      if (breaker !== 'closed' || unanswered >= Math.min(limits.breakerFailures, limits.attempts)) {
        breaker = 'open';
        nextProbeAt = clock() + limits.breakerProbeMs;
      }
      return breaker;
    },
    leaveSilently() {
      running--;
      if (breaker === 'half-open') breaker = 'open';
    },
    retryNow() {
      nextProbeAt = Math.min(nextProbeAt, clock());
    },
    status: () => ({ running, breaker, nextProbeAt }),
  };
}
