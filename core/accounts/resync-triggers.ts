// What begins a resync by itself: the time that a profile names, and an uptime that went back.
import { toOssiaError } from '../errors.ts';
import { type BoxTimersOptions, startBoxTimers } from '../model/box-timers.ts';
import type { ResyncLog } from './open-resyncs.ts';
import type { ResyncBox } from './resync-plan.ts';
import type { Resyncs } from './resyncs.ts';

interface TriggerOptions extends Pick<BoxTimersOptions<ResyncBox>, 'boxes' | 'random'> {
  readonly resyncs: Pick<Resyncs, 'start' | 'rebooted'>;
  readonly clock: () => number;
  readonly log: ResyncLog;
}

/** Uptimes are in whole seconds, and a box's clock is not ours. */
const slackMs = 30_000;

/** Returns what ends it. */
export function startResyncTriggers({ boxes, random, resyncs, clock, log }: TriggerOptions): () => Promise<void> {
  const schedule = startBoxTimers({
    boxes,
    ...(random && { random }),
    everyMs: ({ profile }) => profile.resync.everyMs,
    async work({ name: nas }) {
      await resyncs
        .start({ nas, only: [], dryRun: false, by: 'schedule', cause: 'schedule' })
        .catch((error) => log.info({ nas, err: toOssiaError(error) }, 'resync: not begun at its time'));
    },
  });
  /** When each box began to run, as far as it was seen. */
  const began = new Map<string, number>();
  const uptimes = startBoxTimers({
    boxes,
    ...(random && { random }),
    everyMs: ({ profile }) => profile.resync.uptimeEveryMs,
    async work(nas, signal) {
      const uptime = await nas.uptime(signal);
      if (uptime === null || signal.aborted) return;
      const now = clock() - uptime * 1000;
      const before = began.get(nas.name);
      began.set(nas.name, now);
      if (before === undefined || now <= before + slackMs) return;
      log.info({ nas: nas.name, uptime }, 'the box has begun anew: its uptime went back');
      resyncs.rebooted(nas.name);
    },
  });
  return async () => void (await Promise.all([schedule.stop(), uptimes.stop()]));
}
