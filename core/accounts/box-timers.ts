// Work that is due for each box every so often, as its profile says: spread out, never twice at once for one box.
import type { ResyncSettings } from '../config/profile.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import type { ResyncBox } from './resync-plan.ts';

export interface BoxTimersOptions {
  readonly boxes: {
    get(name: string): ResyncBox | undefined;
    list(): readonly { readonly name: string }[];
    readonly onChange: NasDirectory['onChange'];
  };
  /** Milliseconds; null: never. */
  everyMs(settings: ResyncSettings): number | null;
  /** Must not reject. */
  work(nas: ResyncBox, signal: AbortSignal): Promise<void>;
  /** 0 to 1. */
  readonly random?: () => number;
}

/** A timer cannot be longer. */
const longestTimerMs = 2 ** 31 - 1;

export interface BoxTimers {
  stop(): Promise<void>;
}

export function startBoxTimers({ boxes, everyMs, work, random = Math.random }: BoxTimersOptions): BoxTimers {
  const timers = new Map<string, { readonly everyMs: number; timer: NodeJS.Timeout }>();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  function follow(name: string): void {
    const settings = boxes.get(name)?.profile.resync;
    const every = settings === undefined ? null : everyMs(settings);
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
        const nas = boxes.get(name);
        const run = (nas === undefined ? Promise.resolve() : work(nas, stopping.signal)).finally(() => {
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
