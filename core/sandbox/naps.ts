// The sleeps of one run: timers of the host, which end with the run.
import { OssiaError } from '../errors.ts';

export interface Naps {
  /** Resolves after so many milliseconds; rejects at once when the run would be over before. */
  sleep(ms: unknown): Promise<null>;
  /** The run is over: nobody waits any more. */
  end(): void;
}

export function createNaps(deadline: number): Naps {
  const timers = new Set<NodeJS.Timeout>();
  return {
    async sleep(ms) {
      if (typeof ms !== 'number' || !(ms >= 0))
        throw new OssiaError('arguments_invalid', 'sleep takes a number of milliseconds, 0 or more.');
      const left = deadline - Date.now();
      if (ms >= left) {
        const most = Math.max(0, left);
        const instead = 'to be run again later, end with retry(reason, afterMs)';
        throw new OssiaError(
          'deadline_exceeded',
          `The run ends in ${most} ms, before a sleep of ${ms} ms; ${instead}.`,
        );
      }
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          resolve(null);
        }, ms);
        timers.add(timer);
      });
    },
    end() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
