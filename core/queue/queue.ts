// The interface of the queue: jobs come in with their event, each lane gives one at a time, strictly in order.
import type { OssiaEvent } from '../model/event.ts';
import type { Job, JobState } from '../model/job.ts';
import type { JournalEntry } from '../store/store.ts';

/** A job that is not yet in the queue. */
export type JobDraft = Pick<Job, 'hook' | 'account' | 'lane' | 'nasKey'>;

export interface Queue {
  /** Resolves when event and jobs are on disk; an id that was there already gives that event's jobs. */
  accept(event: OssiaEvent, drafts: readonly JobDraft[]): Promise<Accepted>;
  /** The job that `take` would give. */
  peek(nasKey: string): Job | undefined;
  /** The head of a lane of this NAS that may run now; it is `running` from then on. */
  take(nasKey: string): Job | undefined;
  /** The run of a taken job ended so. Its lane goes on only when this is on disk. */
  settle(job: Job, resolution: Resolution): Promise<void>;
  /** Parked jobs that match may run again. */
  unpark(matches: (job: Job) => boolean): void;
  unparkOne(job: Job): void;
  /** A job that ended badly, or waits, is to run again now. */
  retry(id: string, by: string): Promise<Job>;
  /** A job that has not ended well is to be left out. */
  skip(id: string, why: { readonly by: string; readonly reason: string }): Promise<Job>;
  /** Waiting jobs per NAS, those included that wait for their time. */
  depth(nasKey: string): number;
  size(): number;
  /** Lanes with jobs that have not ended. */
  lanes(): number;
  /** Ready work appeared at this NAS. */
  onReady(listener: (nasKey: string) => void): void;
  /** Every change of a job's state, after it is on disk. */
  onChange(listener: (job: Job) => void): () => void;
  /** Stops the clock of retries. */
  close(): void;
}

export interface Accepted {
  readonly jobs: readonly string[];
  readonly duplicate: boolean;
}

export interface Resolution {
  readonly state: Exclude<JobState, 'running'>;
  readonly reason: string;
  readonly code: string;
  readonly failures: number;
  /** Milliseconds since 1970; 0 = at once. */
  readonly notBefore: number;
  readonly journal: readonly Omit<JournalEntry, 'jobId'>[];
}
