// Limits of the sandbox that no profile changes; bytes of text are counted as characters inside and as UTF-8 outside.

export const limits = {
  /** Answers of the host to the guest, and what a hook returns. */
  answerBytes: 4 * 1024 * 1024,
  /** Host calls of one run that wait at once. */
  pendingCalls: 64,
  /** Rows of a list that leave the guest in one call. */
  rowsPerCall: 500,
  /** Parts that go either way in one run, beside its calls: of lists that leave the guest, of answers that come in parts. */
  parts: 20_000,
  openStreams: 8,
  logLineChars: 4096,
  /** What a plugin may offer: each name is looked up, and compared with those that there are. */
  hooks: 500,
  hookChars: 200,
  messageChars: 4096,
  stackChars: 8192,
  /** A slice is cut off after this many times its CPU limit on the wall clock. */
  wallPerCpu: 2,
  /** Slices end at whole multiples of this: the engine wakes a thread at the end of each, also when it is over long before. */
  sliceStepMs: 50,
  /** A worker with fewer messages before it than this is idle, and the next one goes to it without waiting for others. */
  fewMessages: 4,
  /** Loading may take this much CPU even when a slice may not. */
  loadCpuMs: 1000,
  /** Whole loading, with a worker that may have to start first. */
  loadMs: 10_000,
  /** A worker that says nothing for this long and sleeps, or has computed for more than a slice meanwhile, hangs. */
  silenceMs: 500,
  sliceGraceMs: 100,
  heartbeatMs: 200,
  startMs: 10_000,
  /** What an idle isolate takes, with some room. */
  isolateMb: 3,
  /** Messages between two heartbeats that belong to nothing. */
  strays: 10_000,
  /** An isolate is recycled no sooner than this after the one before. */
  recyclePauseMs: 60_000,
  /** A step of a plugin that keeps others waiting. */
  longStepMs: 20,
  /** So much in such steps is let go, and this part of the time goes on being so. */
  longMs: 600,
  longShare: 0.2,
  /** A program that was in a worker when it died, or used up its CPU or memory, runs apart from the others for this long. */
  wardMs: 60_000,
} as const;
