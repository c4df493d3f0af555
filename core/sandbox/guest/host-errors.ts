// Remembers which errors are the host's own, so that one that a plugin lets through keeps its code and none can be forged.

interface Mark {
  /** Number of the host call that failed. */
  readonly call?: number;
  /** A limit of the sandbox was passed. */
  readonly limit?: true;
}

const marks = new WeakMap<object, Mark>();

export function markHostError(error: Error, mark: Mark): Error {
  marks.set(error, mark);
  return error;
}

export function limitError(message: string): Error {
  const error = Object.assign(new Error(message), { code: 'call_limit', retryable: false });
  error.name = 'DeviceError';
  return markHostError(error, { limit: true });
}

/** Its own mark, or that of the error that it says it was caused by. */
export function markOf(thrown: unknown): Mark {
  let error = thrown;
  for (let depth = 0; depth < 4 && typeof error === 'object' && error !== null; depth += 1) {
    const mark = marks.get(error);
    if (mark) return mark;
    error = Reflect.get(error, 'cause');
  }
  return {};
}
