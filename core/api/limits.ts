// How long, how large, how many: the bounds of the API.

export interface ApiLimits {
  /** Milliseconds in which the head of a request must have come. */
  readonly headersMs: number;
  /** Milliseconds in which a whole request must have come. */
  readonly requestMs: number;
  /** Milliseconds in which a request must be answered. */
  readonly handlerMs: number;
  readonly connections: number;
  /** Bytes of the largest body of events. */
  readonly bodyBytes: number;
  /** Events that one caller may send per second; Infinity when not limited. */
  readonly eventsPerSecond: number;
}

export const defaultLimits: ApiLimits = {
  headersMs: 10_000,
  requestMs: 60_000,
  handlerMs: 30_000,
  connections: 4_000,
  bodyBytes: 16_777_216,
  eventsPerSecond: Number.POSITIVE_INFINITY,
};

/** Takes `count` of what one caller may do per second; false when that is more than is left. A burst is one second's worth. */
export type RateLimit = (request: { readonly caller: string; readonly count: number }) => boolean;

export function createRateLimit(perSecond: number, clock: () => number = Date.now): RateLimit {
  if (perSecond === Number.POSITIVE_INFINITY) return () => true;
  /** The time up to which the share of a caller is used up. One entry per token: bounded by the settings. */
  const usedUntil = new Map<string, number>();
  return ({ caller, count }) => {
    const now = clock();
    const from = Math.max(usedUntil.get(caller) ?? 0, now - 1_000);
    // One request larger than a second's worth is let through when nothing was used, else it never could be sent.
    if (from > now - 1_000 && from + (count * 1_000) / perSecond > now) return false;
    usedUntil.set(caller, from + (count * 1_000) / perSecond);
    return true;
  };
}
