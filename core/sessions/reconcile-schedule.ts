// When boxes are compared: each by its profile's `sessions.sync`, a few at a time.
import { type BoxTimers, startBoxTimers } from '../model/box-timers.ts';
import { createLimit } from '../model/limit.ts';
import type { Reconciler } from './reconcile.ts';
import type { Boxes } from './reconcile-boxes.ts';

export interface ScheduleInput {
  readonly boxes: Boxes;
  readonly reconciler: Pick<Reconciler, 'sync'>;
  readonly mostAtOnce?: number;
}

export function scheduleReconcile({ boxes, reconciler, mostAtOnce = 4 }: ScheduleInput): BoxTimers {
  const limit = createLimit(mostAtOnce);
  return startBoxTimers({
    boxes,
    everyMs: ({ profile }) => profile.sync.everyMs,
    work: ({ name: nas }, signal) =>
      limit(async () => {
        // What goes wrong is in the log already, and the next one comes.
        if (!signal.aborted) await reconciler.sync({ nas, signal }).catch(() => undefined);
      }),
  });
}
