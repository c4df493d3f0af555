// The verdicts of a hook that is not simply done: made here, recognised by the sandbox's prelude.

/** Throw or return one. */
export class Verdict extends Error {
  readonly verdict: 'refuse' | 'retry' | 'gone' | 'unsupported';
  readonly afterMs: number | undefined;

  constructor(verdict: 'refuse' | 'retry' | 'gone' | 'unsupported', reason: string, afterMs?: number) {
    super(reason);
    this.name = 'Verdict';
    this.verdict = verdict;
    this.afterMs = afterMs;
  }
}

/** No, for good: the job ends `refused` with this reason. */
export function refuse(reason: string): Verdict {
  return new Verdict('refuse', reason);
}

/** Not now: the job is tried again, after `afterMs` milliseconds (a day at most) when given, else by the usual backoff. */
export function retry(reason: string, afterMs?: number): Verdict {
  return new Verdict('retry', reason, afterMs);
}

/** Nothing was there to change or remove: as good as done. */
export function gone(reason: string): Verdict {
  return new Verdict('gone', reason);
}

/** The profile gives this hook nothing to do on its box: the job ends as it does for a hook that the plugin lacks. */
export function unsupported(reason: string): Verdict {
  return new Verdict('unsupported', reason);
}
