// Removes what is older than it is kept: a little at a time beside the live writes, in one pass each hour.
import { setTimeout as wait } from 'node:timers/promises';
import type { Purge, Store } from './store.ts';

/** Milliseconds that each is kept; null: for ever. */
export type Keep = Readonly<Record<Purge['what'], number | null>>;

export interface RetentionOptions {
  readonly store: Pick<Store, 'purge'>;
  readonly keep: Keep;
  readonly clock: () => number;
  readonly log: {
    info(facts: object, message: string): void;
    warn(facts: object, message: string): void;
  };
  readonly pace?: Partial<Pace>;
}

interface Pace {
  readonly firstAfterMs: number;
  readonly everyMs: number;
  /** Rows that go at one time: a commit beside it waits for no more than these. */
  readonly slice: number;
  /** Least rest between two of them: the writer's time is for what is live. */
  readonly restMs: number;
}

export interface Retention {
  stop(): Promise<void>;
}

const usualPace: Pace = { firstAfterMs: 60_000, everyMs: 3_600_000, slice: 500, restMs: 100 };
/** Part of the time that removing may take. */
const share = 0.2;

/** The journal goes before its jobs: it is kept shorter, and is the most. */
const order = ['journal', 'jobs', 'cdrs', 'audit', 'resyncs', 'kv'] as const satisfies readonly Purge['what'][];

export function startRetention({ store, keep, clock, log, pace = {} }: RetentionOptions): Retention {
  const { firstAfterMs, everyMs, slice, restMs } = { ...usualPace, ...pace };
  const stopping = new AbortController();
  const { signal } = stopping;
  const rest = (ms: number): Promise<void> => wait(ms, undefined, { signal, ref: false });

  async function removeOld(what: Purge['what']): Promise<number> {
    const kept = keep[what];
    if (kept === null) return 0;
    const before = clock() - kept;
    for (let removed = 0; ; ) {
      const began = performance.now();
      const gone = await store.purge({ what, before, limit: slice });
      removed += gone;
      if (gone < slice || signal.aborted) return removed;
      await rest(Math.max(restMs, (performance.now() - began) / share));
    }
  }

  async function pass(): Promise<void> {
    const removed: Partial<Record<Purge['what'], number>> = {};
    try {
      for (const what of order) {
        const count = await removeOld(what);
        if (count > 0) removed[what] = count;
      }
    } finally {
      if (Object.keys(removed).length > 0) log.info({ removed }, 'what was older than it is kept is removed');
    }
  }

  async function run(): Promise<void> {
    await rest(firstAfterMs);
    for (;;) {
      await pass().catch((err) => {
        if (!signal.aborted) log.warn({ err }, 'what is old could not be removed; the next pass tries again');
      });
      await rest(everyMs);
    }
  }

  const ended = run().catch(() => {});
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}
