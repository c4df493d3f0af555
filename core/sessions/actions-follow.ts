// Follows jobs to their end, for a while; calls a job off that has had its attempts without an answer.
import { toOssiaError } from '../errors.ts';
import { endedStates, type Job } from '../model/job.ts';

export interface FollowOptions {
  readonly onJobChange: (listener: (job: Job) => void) => () => void;
  readonly job: (id: string) => Promise<Job | undefined>;
  readonly skip: (id: string, why: { readonly by: string; readonly reason: string }) => Promise<Job>;
  /** Runs of one job after which it is called off (`terminate_attempts`). */
  readonly attempts: number;
  /** Called when something went wrong that the answer does not carry. */
  readonly warn: (message: string) => void;
}

export interface Followed {
  readonly job: Job;
  /** As it stood after its newest run that failed: a job that is called off no longer says why. */
  readonly failed: Job | undefined;
}

export interface JobFollower {
  /** How the job stands once it ended, or at that time, milliseconds since 1970. */
  follow(id: string, until: number): Promise<Followed>;
  close(): void;
}

/** A box that is gone for good must not be told of a long forgotten session when it is back. */
const longestMs = 300_000;

interface Watch {
  see(job: Job): void;
  end(): void;
}

export function createJobFollower({ onJobChange, job: read, skip, attempts, warn }: FollowOptions): JobFollower {
  const watches = new Map<string, Watch>();
  const off = onJobChange((job) => watches.get(job.id)?.see(job));

  function callOff(id: string, reason: string): void {
    skip(id, { by: 'ossia', reason }).catch((error: unknown) => {
      const { code, message } = toOssiaError(error);
      // It runs again, or has ended meanwhile: its next change tells.
      if (code !== 'conflict') warn(`Job ${id} could not be called off: ${message}`);
    });
  }

  return {
    async follow(id, until) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let job: Job | undefined;
      let failed: Job | undefined;
      const see = (next: Job): void => {
        job = next;
        if (next.code !== '') failed = next;
        if (endedStates.has(next.state)) end();
        const rests = next.state === 'retrying' || next.state === 'waiting';
        if (rests && next.attempt >= attempts)
          callOff(id, `no success in ${next.attempt} ${next.attempt === 1 ? 'attempt' : 'attempts'}: ${next.reason}`);
      };
      const end = (): void => {
        watches.delete(id);
        clearTimeout(limit);
        clearTimeout(deadline);
        resolve();
      };
      const deadline = setTimeout(resolve, Math.max(0, until - Date.now()));
      // Goes on after the answer, so that the attempts are limited also then.
      const limit = setTimeout(() => {
        if (job?.state !== 'running') callOff(id, `no success in ${longestMs / 60_000} minutes`);
        end();
      }, longestMs);
      limit.unref();
      watches.set(id, { see, end });
      // It may have ended before anybody watched; what is on disk is then its end.
      const stored = await read(id);
      if (stored !== undefined && (job === undefined || endedStates.has(stored.state))) see(stored);
      await promise;
      if (job === undefined) throw toOssiaError(new Error(`job ${id} is not there`));
      return { job, failed };
    },
    close() {
      off();
      for (const watch of [...watches.values()]) watch.end();
    },
  };
}
