// When a list is not believed, and when a plan stops and asks: pure.
import type { ResyncSettings } from '../config/profile.ts';
import type { ResyncCounts, ResyncRun } from '../model/resync.ts';

export interface Verdict {
  readonly state: 'applying' | 'asks' | 'refused';
  /** Empty when it may be applied. */
  readonly reason: string;
}

interface Guarded {
  readonly run: Pick<ResyncRun, 'cause' | 'expectEmpty'>;
  readonly counts: Pick<ResyncCounts, 'desired' | 'listed' | 'add' | 'remove'>;
  readonly settings: Pick<ResyncSettings, 'mostRemoved' | 'mostMissing'>;
}

/** A box's own clock may be off by this much. */
const mostAgeMs = 5 * 60_000;

/** Undefined: it may be believed. */
export function staleList({ takenAt, since }: { takenAt: number | null; since: number }): string | undefined {
  if (takenAt === null || takenAt >= since - mostAgeMs) return undefined;
  const made = new Date(takenAt).toISOString();
  return `The list is of ${made}, older than this comparison: what changed since is not on it. Nothing is changed.`;
}

export function guard({ run, counts, settings }: Guarded): Verdict {
  const { desired, listed, add, remove } = counts;
  // A box that has begun anew is expected to have nothing, and one that somebody says so of; were that one not empty, he was wrong.
  const mayBeEmpty = run.cause === 'reboot' || (run.expectEmpty === true && listed === 0);
  if (!mayBeEmpty) {
    if (listed === 0 && desired > 0)
      return {
        state: 'refused',
        reason: `The box lists nobody, ${desired} should be there: an empty list is not believed. Nothing is changed.`,
      };
    if (add > desired * settings.mostMissing)
      return {
        state: 'asks',
        reason: `${add} of ${desired} that should be there are not on the list, more than ${percent(settings.mostMissing)}: it may be cut short.`,
      };
  }
  if (remove > listed * settings.mostRemoved)
    return {
      state: 'asks',
      reason: `${remove} of ${listed} on the list would be removed, more than ${percent(settings.mostRemoved)}.`,
    };
  return { state: 'applying', reason: '' };
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
