// The interface of the queue: jobs come in with their event, each lane gives one at a time, strictly in order.

import type { Account } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { Job, JobState } from '../model/job.ts';
import type { AccountWrite, JobFilter, JournalEntry } from '../store/store.ts';

/** A job that is not yet in the queue. */
export type JobDraft = Pick<Job, 'hook' | 'account' | 'lane' | 'nasKey'> & { readonly background?: boolean };

export interface Queue {
  /**
   * Resolves when event, jobs and what becomes of the account's row are on disk; an id that was there already gives that event's
   * jobs. Rejects with `conflict`, and nothing is kept, when the row is of another version than `account` asks for. Older waiting
   * jobs of the lane that a new one supersedes end as `superseded`.
   */
  accept(event: OssiaEvent, drafts: readonly JobDraft[], account?: AccountWrite): Promise<Accepted>;
  /** What `take` would give: a live lane's head first, one of the background only when no other is ready. */
  peek(nasKey: string): Ready | undefined;
  /** The head of a lane of this NAS that may run now; it is `running` from then on. */
  take(nasKey: string): Job | undefined;
  /** The run of a taken job ended so. Its lane goes on only when this is on disk. */
  settle(job: Job, resolution: Resolution): Promise<void>;
  /** Parked jobs that match may run again. */
  unpark(matches: (job: Job) => boolean): void;
  unparkOne(job: Job): void;
  /**
   * A job that ended badly, or waits, is to run again now; with `edit`, with these variables changed (an empty text takes one away).
   * One whose flag a newer job of its lane has settled since is not run: it ends `superseded`. Rejects with `input_invalid` when
   * `edit` would make it another account's or another box's.
   */
  retry(id: string, by: string, edit?: Account): Promise<Job>;
  /** A job that has not ended well is to be left out. */
  skip(id: string, why: { readonly by: string; readonly reason: string }): Promise<Job>;
  /**
   * Retries, edits or skips all that match, from new to old; never rejects for one of them. `dryRun`: only counts. Else it writes its
   * entry of the audit itself. Without `states` in the filter, `retry` leaves alone what waits by itself and what was skipped.
   */
  bulk(action: BulkAction): Promise<BulkReport>;
  /** Waiting jobs per NAS, those included that wait for their time. */
  depth(nasKey: string): number;
  /** Of these, those that are `background`: whoever feeds them keeps this low. */
  backgroundDepth(nasKey: string): number;
  /** The head of its lane that this job waits behind; undefined when it is the head itself, or has ended. */
  holderOf(job: Job): Job | undefined;
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

export interface Ready {
  readonly job: Job;
  /** Nothing live stands in its lane: it is in nobody's way, and nothing may be in its. */
  readonly background: boolean;
}

export interface BulkAction {
  readonly action: 'retry' | 'skip';
  /** `limit` is the most that one call touches. */
  readonly filter: JobFilter;
  readonly by: string;
  readonly reason: string;
  /** With `retry`: variables that change. */
  readonly edit?: Account;
  readonly dryRun: boolean;
}

export interface BulkReport {
  /** Jobs that match and that the action is possible for; of a dry run all of them, whatever `limit` says. */
  readonly matched: number;
  readonly done: number;
  /** Ended `superseded` since something newer has settled the same. */
  readonly superseded: number;
  /** The first hundred of them; the rest is `matched` less what is counted above. */
  readonly failed: readonly { readonly id: string; readonly reason: string }[];
  /** Matched jobs by NAS key and hook, the most frequent first. */
  readonly groups: readonly { readonly nasKey: string; readonly hook: string; readonly count: number }[];
  /** The oldest job that was touched when there may be more: the next call goes on with `filter.before`. */
  readonly next: string | null;
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
