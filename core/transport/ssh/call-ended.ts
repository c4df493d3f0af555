// Why a call's signal went off: its deadline, or a stop that called it off.
import { OssiaError } from '../../errors.ts';
import type { CallContext } from '../transport.ts';

/** The two ends as errors; `late` says what a deadline means at this point of the work. */
export function callEnded(
  { signal, deadline }: Pick<CallContext, 'signal' | 'deadline'>,
  late: OssiaError,
): OssiaError {
  const isTimeout = signal.reason instanceof DOMException && signal.reason.name === 'TimeoutError';
  // A timer may fire a moment before the clock reaches the time that it was set for.
  if (isTimeout || Date.now() >= deadline - 20) return late;
  return new OssiaError('aborted', 'The command was called off before the box had answered.', { cause: signal.reason });
}
