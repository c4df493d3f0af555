// The verdicts of a hook that is not simply done: made here, recognised by the sandbox's prelude.
import type { VerdictKind } from './verdict-kinds.ts';

/** How a hook ends that is not simply done. Throw it or return it; its message is the reason, and stands in the journal. */
export class Verdict extends Error {
  /** Which of them it is: what the sandbox knows it by. */
  readonly verdict: VerdictKind;
  /** Of a `retry`: milliseconds until the next attempt. */
  readonly afterMs: number | undefined;

  /** Use the functions of this file instead. */
  constructor(verdict: VerdictKind, reason: string, afterMs?: number) {
    super(reason);
    this.name = 'Verdict';
    this.verdict = verdict;
    this.afterMs = afterMs;
  }
}

/** No, for good: the job ends `refused` with this reason, does not hold its lane, and leaves the account marked as differing. */
export function refuse(reason: string): Verdict {
  return new Verdict('refuse', reason);
}

/** Not now: the job is tried again, after `afterMs` milliseconds (a day at most) when given, else by the usual backoff. */
export function retry(reason: string, afterMs?: number): Verdict {
  return new Verdict('retry', reason, afterMs);
}

/** Nothing was there to change or remove: as good as done. Of `user_info`: the box has nothing of this account. */
export function gone(reason: string): Verdict {
  return new Verdict('gone', reason);
}

/**
 * The box is down, though something answered in its place: a router in front of it, or its own shell without the service. Like no
 * answer at all it opens the breaker of the NAS, whose jobs then wait without using up attempts, and a self-test counts as unanswered.
 */
export function unreachable(reason: string): Verdict {
  return new Verdict('unreachable', reason);
}

/** The profile gives this hook nothing to do on its box: the job ends as it does for a hook that the plugin lacks. */
export function unsupported(reason: string): Verdict {
  return new Verdict('unsupported', reason);
}
