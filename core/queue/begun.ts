// Writes down that jobs run: together, and only of those that still do after a moment; most have ended by then.
import type { Job } from '../model/job.ts';
import type { Store } from '../store/store.ts';

export interface BegunJobs {
  add(job: Job): void;
  /** It ended: what is not written yet need not be. */
  remove(job: Job): void;
  close(): void;
}

interface BegunOptions {
  readonly store: Pick<Store, 'write'>;
  /** They run, and the disk says so. */
  onWritten(job: Job): void;
  log(level: 'warn', message: string): void;
}

const momentMs = 20;

export function createBegunJobs({ store, onWritten, log }: BegunOptions): BegunJobs {
  const begun = new Map<string, Job>();
  let timer: NodeJS.Timeout | undefined;

  // Should it be lost, the job runs again as if this run had not been, which it may anyway.
  const flush = (): void => {
    timer = undefined;
    const jobs = [...begun.values()];
    begun.clear();
    if (jobs.length === 0) return;
    const changes = jobs.map(
      ({ id, attempt, updatedAt }) => ({ type: 'job', id, patch: { state: 'running', attempt, updatedAt } }) as const,
    );
    store.write(changes).then(
      () => jobs.forEach(onWritten),
      (error) => log('warn', `${jobs.length} jobs run, but that is not on disk: ${error.message}`),
    );
  };

  return {
    add(job) {
      begun.set(job.id, job);
      timer ??= setTimeout(flush, momentMs);
    },
    remove: (job) => void begun.delete(job.id),
    close: () => clearTimeout(timer),
  };
}
