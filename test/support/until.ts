// Waits until a condition holds, with a deadline: the only way that tests wait for another process.

/** Polls; what the condition returns when it is truthy is the result. Throws when the time is over. */
export async function until<Value>(
  condition: () => Value | Promise<Value>,
  timeoutMs = 10_000,
  intervalMs = 10,
): Promise<Exclude<Value, false | null | undefined>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<Value, false | null | undefined>;
    if (Date.now() > deadline) throw new Error(`did not become true within ${timeoutMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
