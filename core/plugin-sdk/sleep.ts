// Waiting inside a hook: a timer of the host in the sandbox, an ordinary one without it.

/**
 * Resolves after `ms` milliseconds, for a box that needs a moment. It ends with the run: one that would outlast it throws
 * `deadline_exceeded` at once. For longer waits throw `retry(reason, afterMs)`, which keeps no place in the box's queue.
 */
export function sleep(ms: number): Promise<void> {
  // The prelude of the sandbox puts it there, and it belongs to the run that calls it.
  const ofSandbox: unknown = Reflect.get(globalThis, Symbol.for('ossia.sleep'));
  if (typeof ofSandbox === 'function') return ofSandbox(ms);
  return new Promise((resolve) => setTimeout(resolve, ms));
}
