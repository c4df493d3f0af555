// A caller's deadline and signal as one thing that goes off once, with the error that it means.
import { OssiaError } from '../../errors.ts';

export interface Deadline {
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

// A longer delay overflows and fires at once.
const longestTimer = 2 ** 31 - 1;

/** Calls `onEnd` at most once and never at once: when the time is over, or when the caller called the work off. Returns the disarming. */
export function armDeadline({ signal, deadline }: Deadline, onEnd: (error: OssiaError) => void): () => void {
  const left = signal.aborted ? 0 : Math.min(Math.max(deadline - Date.now(), 0), longestTimer);
  const timer = setTimeout(() => end(overError({ signal, deadline })), left);
  const onAbort = () => end(overError({ signal, deadline }));
  signal.addEventListener('abort', onAbort, { once: true });

  function disarm(): void {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
  function end(error: OssiaError): void {
    disarm();
    onEnd(error);
  }
  return disarm;
}

/** Nothing may be sent any more: the answer would come too late. */
export function isOver({ signal, deadline }: Deadline): boolean {
  return signal.aborted || Date.now() >= deadline;
}

/** Why it is over: a signal that is aborted at the deadline means the deadline, any other means stop. */
export function overError({ signal }: Deadline): OssiaError {
  const reason: unknown = signal.reason;
  const isTimeout = !signal.aborted || (reason instanceof DOMException && reason.name === 'TimeoutError');
  return isTimeout
    ? new OssiaError('nas_timeout', 'The router did not answer in time.')
    : new OssiaError('aborted', 'The command was called off before the router answered.', { cause: reason });
}

/** The promise's own end, or the deadline's error when that comes first; the promise itself goes on. */
export function within<T>(deadline: Deadline, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const disarm = armDeadline(deadline, reject);
    promise.then(resolve, reject).finally(disarm);
  });
}
