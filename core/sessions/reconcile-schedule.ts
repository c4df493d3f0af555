// When boxes are compared: each by its profile's `sessions.sync`, spread out, a few at a time.
import type { Reconciler } from './reconcile.ts';
import type { Boxes } from './reconcile-boxes.ts';

export interface ScheduleInput {
  readonly boxes: Boxes;
  readonly reconciler: Reconciler;
  /** 0 to 1. */
  readonly random?: () => number;
  readonly mostAtOnce?: number;
}

export interface ReconcileSchedule {
  /** Calls off what runs and waits for it. */
  stop(): Promise<void>;
}

export function scheduleReconcile(input: ScheduleInput): ReconcileSchedule {
  const { boxes, reconciler, random = Math.random, mostAtOnce = 4 } = input;
  const timers = new Map<string, { readonly everyMs: number; timer: NodeJS.Timeout }>();
  const stopping = new AbortController();
  const runs = new Set<Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let active = 0;

  function follow(name: string): void {
    const everyMs = boxes.get(name)?.profile.sync.everyMs ?? null;
    const known = timers.get(name);
    if (known?.everyMs === everyMs || stopping.signal.aborted) return;
    clearTimeout(known?.timer);
    timers.delete(name);
    // The first one anywhere in the period: boxes that start together are not asked together.
    if (everyMs !== null) arm(name, { everyMs, inMs: everyMs * random() });
  }

  function arm(name: string, { everyMs, inMs }: { everyMs: number; inMs: number }): void {
    const timer = setTimeout(() => {
      const run = inTurn(() => reconciler.sync({ nas: name, signal: stopping.signal }))
        // It is in the log already.
        .catch(() => undefined)
        .finally(() => {
          runs.delete(run);
          if (timers.get(name)?.timer === timer) arm(name, { everyMs, inMs: everyMs });
        });
      runs.add(run);
    }, inMs);
    timer.unref();
    timers.set(name, { everyMs, timer });
  }

  async function inTurn(work: () => Promise<unknown>): Promise<void> {
    if (active >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    active += 1;
    try {
      if (!stopping.signal.aborted) await work();
    } finally {
      active -= 1;
      waiting.shift()?.();
    }
  }

  const unfollow = boxes.onChange(follow);
  for (const { name } of boxes.list()) follow(name);

  return {
    async stop() {
      unfollow();
      stopping.abort();
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
      await Promise.allSettled(runs);
    },
  };
}
