// When to send a request again: RFC 5080 section 2.2.1, as a pure function of what was waited before.

export interface RetransmissionTimes {
  /** IRT, milliseconds. */
  readonly initial: number;
  /** MRT, milliseconds. */
  readonly longest: number;
}

/** Milliseconds to wait next. `previous` is 0 after the first sending; `random` is from 0 to 1 and becomes +-10 %. */
export function nextWait(times: RetransmissionTimes, previous: number, random: number): number {
  const jitter = 0.2 * random - 0.1;
  if (previous === 0) return times.initial * (1 + jitter);
  const doubled = previous * (2 + jitter);
  return doubled > times.longest ? times.longest * (1 + jitter) : doubled;
}
