// Lets the calls of one plugin to its box go no faster than the profile says; those that come too soon wait.
import { OssiaError } from '../errors.ts';

export type Pace = (call: { readonly signal: AbortSignal; readonly deadline: number }) => Promise<void> | undefined;

const burstMs = 100;
/** A call that begins later before the deadline would look like a box that does not answer. */
const leastMs = 100;

/** Rejects with `nas_busy` when the turn would come after the deadline, and with `aborted` when the run ends before. */
export function createPace(perSecond: number): Pace {
  if (perSecond === Number.POSITIVE_INFINITY) return () => undefined;
  // Rate as a debt, on a clock that nobody sets: when the next call is due.
  let dueAt = 0;
  return async ({ signal, deadline }) => {
    const now = performance.now();
    const waitMs = Math.max(0, dueAt - now - burstMs);
    if (waitMs > 0 && Date.now() + waitMs + leastMs >= deadline)
      throw new OssiaError('nas_busy', `The profile lets ${perSecond} calls per second through, and more are waiting.`);
    dueAt = Math.max(dueAt, now) + 1000 / perSecond;
    if (waitMs === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const go = () => resolve();
    const timer = setTimeout(go, waitMs);
    signal.addEventListener('abort', go);
    await promise;
    clearTimeout(timer);
    signal.removeEventListener('abort', go);
    if (signal.aborted) throw new OssiaError('aborted', 'The run is over.');
  };
}
