// The interface of the store: changes go in as batches that are on disk when the promise resolves; queries come out.
import type { Account } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { Job, JobState } from '../model/job.ts';
import type { Exchange } from '../model/outcome.ts';
import type { Session } from '../model/session.ts';

/** Applied in order, all or none of one batch. */
export type Change =
  /** Takes an event with its jobs, unless an event of that id is there already: then nothing of this change is applied. */
  | { readonly type: 'event'; readonly event: OssiaEvent; readonly jobs: readonly Job[] }
  | { readonly type: 'job'; readonly id: string; readonly patch: JobPatch }
  | { readonly type: 'journal'; readonly jobId: string; readonly entries: readonly Omit<JournalEntry, 'jobId'>[] }
  /** `onlyCounters`: nothing but times and counters differs from what was written of this session before. */
  | { readonly type: 'session'; readonly session: Session; readonly onlyCounters?: boolean };

export type JobPatch = Partial<Pick<Job, 'state' | 'attempt' | 'failures' | 'notBefore' | 'reason' | 'code'>> & {
  readonly updatedAt: number;
};

/** One line of the journal of a job. */
export interface JournalEntry extends Omit<Exchange, 'kind'> {
  readonly jobId: string;
  readonly attempt: number;
  readonly nas: string;
  readonly kind: Exchange['kind'] | 'outcome' | 'note';
}

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly nasKey?: string;
  readonly hook?: string;
  readonly user_id?: string;
  readonly login?: string;
  readonly eventId?: string;
  /** Only jobs with a smaller id: the list goes from new to old. */
  readonly before?: string;
  readonly limit: number;
}

/** Closed sessions, by start and id. All conditions must hold. */
export interface CdrQuery {
  readonly where: readonly CdrCondition[];
  /** Where the page before ended. */
  readonly after?: { readonly startedAt: number; readonly id: string };
  readonly newestFirst: boolean;
  readonly limit: number;
}

export interface CdrCondition {
  /** `mac` is twelve hex digits; times are milliseconds since 1970. */
  readonly column: 'id' | 'nas' | 'user_id' | 'login' | 'framed_ip' | 'mac' | 'started_at' | 'ended_at';
  readonly op: 'eq' | 'in' | 'lt' | 'gt' | 'ge';
  readonly value: string | number | readonly string[];
}

export interface AccountFilter {
  readonly login?: string;
  readonly offset: number;
  readonly limit: number;
}

export interface Store {
  /** A batch is either of sessions or of the rest. Resolves after the commit is on disk, with the ids of events that were there already. Rejects with `store_failed`; then nothing of the batch is kept. */
  write(changes: readonly Change[]): Promise<{ readonly duplicates: ReadonlySet<string> }>;
  jobs(filter: JobFilter): Promise<readonly Job[]>;
  job(id: string): Promise<Job | undefined>;
  jobsOfEvent(eventId: string): Promise<readonly string[]>;
  event(id: string): Promise<Pick<OssiaEvent, 'id' | 'hook' | 'account'> | undefined>;
  /** Jobs that have not ended, from old to new, after this id. */
  unended(afterId: string, limit: number): Promise<readonly Job[]>;
  journal(jobId: string): Promise<readonly JournalEntry[]>;
  /** The newest variables of the accounts with this login or user_id. */
  accountByLogin(login: string): Promise<Account | undefined>;
  account(userId: string): Promise<Account | undefined>;
  /** The accounts that were last seen with this address, newest first; an address may stand at several boxes. */
  accountsByAddress(ip: string): Promise<readonly Account[]>;
  /** In the order of their user_id. In `login` a `*` is any text. */
  accounts(filter: AccountFilter): Promise<{ readonly accounts: readonly Account[]; readonly total: number }>;
  session(key: string): Promise<Session | undefined>;
  /** The session with the greatest key that begins so: the newest of one NAS, Acct-Session-Id and user. */
  lastSession(keyPrefix: string): Promise<Session | undefined>;
  openSessions(): Promise<readonly Session[]>;
  cdrs(query: CdrQuery): Promise<readonly Session[]>;
  /** The highest job id ever given, '0' at first. */
  lastJobId(): Promise<string>;
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Whether the last write succeeded. */
  healthy(): boolean;
  close(): Promise<void>;
}
