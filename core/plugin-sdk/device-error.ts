// What a device's methods throw, so that a plugin can tell an answer of the box from a bug of its own.

/** What every method of a `device` rejects with, and `sleep`. Let through, it decides how the job ends: by `code` and `retryable`. */
export interface DeviceError extends Error {
  /** One of a closed list: `nas_refused`, `nas_timeout`, `session_not_found`, `not_granted`, `kv_full`, ... */
  readonly code: string;
  /** Whether the same again later can succeed: then the job is retried, else it ends `refused`. */
  readonly retryable: boolean;
  /** The box's own words, when it said something. */
  readonly said?: string | undefined;
  /** Small facts by name: `exitCode` of a command, `status` of HTTP, `errorCause` of RADIUS, `retryAfterMs`. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}

/** Whether it came of the device: `catch (error) { if (isDeviceError(error) && error.details.exitCode === 3) ... }`. */
export function isDeviceError(error: unknown): error is DeviceError {
  if (!(error instanceof Error)) return false;
  const { code, retryable, details } = error as Partial<DeviceError>;
  return typeof code === 'string' && typeof retryable === 'boolean' && typeof details === 'object';
}
