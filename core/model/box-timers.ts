// Work that is due for each box every so often, as its profile says: spread out, never twice at once for one box.

export interface BoxTimersOptions<Box> {
  readonly boxes: {
    get(name: string): Box | undefined;
    list(): readonly { readonly name: string }[];
    /** Called after a profile went into force, was replaced or removed. Returns the unsubscriber. */
    onChange(listener: (name: string) => void): () => void;
  };
  /** Milliseconds, as the box's profile says; null: never. */
  everyMs(box: Box): number | null;
  /** Must not reject. */
  work(box: Box, signal: AbortSignal): Promise<void>;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** A timer cannot be longer. */
const longestTimerMs = 2 ** 31 - 1;

export interface BoxTimers {
  /** Calls off what runs and waits for it. */
  stop(): Promise<void>;
}

export function startBoxTimers<Box>(options: BoxTimersOptions<Box>): BoxTimers {
  const { boxes, everyMs, work, random = Math.random } = options;
  const timers = new Map<string, { readonly everyMs: number; timer: NodeJS.Timeout }>();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  function follow(name: string): void {
    const box = boxes.get(name);
    const every = box === undefined ? null : everyMs(box);
    const known = timers.get(name);
    if (known?.everyMs === every || stopping.signal.aborted) return;
    clearTimeout(known?.timer);
    timers.delete(name);
    // The first one anywhere in the period: boxes that start together are not asked together.
    if (every !== null) arm(name, { everyMs: every, inMs: every * random() });
  }

  function arm(name: string, { everyMs, inMs }: { everyMs: number; inMs: number }): void {
    const timer = setTimeout(
      () => {
        const box = boxes.get(name);
        const run = (box === undefined ? Promise.resolve() : work(box, stopping.signal)).finally(() => {
          running.delete(run);
          if (timers.get(name)?.timer !== timer || stopping.signal.aborted) return;
          arm(name, { everyMs, inMs: everyMs * (0.95 + 0.1 * random()) });
        });
        running.add(run);
      },
      Math.min(inMs, longestTimerMs),
    );
    timer.unref();
    timers.set(name, { everyMs, timer });
  }

  const unfollow = boxes.onChange(follow);
  for (const { name } of boxes.list()) follow(name);
  return {
    async stop() {
      unfollow();
      stopping.abort();
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
      await Promise.allSettled(running);
    },
  };
}
