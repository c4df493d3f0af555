// The interface of the store: changes go in as batches that are on disk when the promise resolves; queries come out.
import type { Account } from '../model/account.ts';
import type { OssiaEvent } from '../model/event.ts';
import type { Job, JobState } from '../model/job.ts';
import type { KvEntry, KvScope, KvUse, KvValue } from '../model/kv.ts';
import type { Exchange } from '../model/outcome.ts';
import type { ResyncItem, ResyncRun } from '../model/resync.ts';
import type { Session } from '../model/session.ts';
import type { AccountRecord, Applied, State } from '../model/state.ts';

/** Applied in order, all or none of one batch. */
export type Change =
  /** Takes an event with its jobs, unless an event of that id is there already: then nothing of this change is applied. */
  | {
      readonly type: 'event';
      readonly event: OssiaEvent;
      readonly jobs: readonly Job[];
      readonly account?: AccountWrite;
    }
  /** An account without an event, as an import brings it. Not applied when the row is of another version; then `conflicts` has its user_id. */
  | { readonly type: 'account'; readonly account: AccountWrite & { readonly type: 'replace' } }
  /**
   * What a job left on its box. A mark with a value takes the place of the one there, one without only adds how the last job
   * failed; `all` replaces the marks of that account there.
   */
  | {
      readonly type: 'applied';
      readonly userId: string;
      readonly nasKey: string;
      readonly marks: Applied;
      readonly all?: true;
    }
  | { readonly type: 'resync-run'; readonly run: ResyncRun }
  | { readonly type: 'resync-items'; readonly run: string; readonly items: readonly ResyncItem[] }
  | { readonly type: 'pause'; readonly pause: Pause }
  | { readonly type: 'resume'; readonly scope: string }
  | { readonly type: 'audit'; readonly entry: AuditEntry }
  /** Not applied when it would pass a limit of its scope; then `conflicts` has its key. */
  | ({ readonly type: 'kv-set'; readonly scope: KvScope; readonly key: string; readonly at: number } & KvValue)
  | { readonly type: 'kv-delete'; readonly scope: KvScope; readonly which: KvSome }
  /** The scope is in use, if it is there. */
  | { readonly type: 'kv-keep'; readonly scope: KvScope; readonly at: number }
  | { readonly type: 'job'; readonly id: string; readonly patch: JobPatch }
  | { readonly type: 'journal'; readonly jobId: string; readonly entries: readonly Omit<JournalEntry, 'jobId'>[] }
  /** `onlyCounters`: nothing but times and counters differs from what was written of this session before. */
  | { readonly type: 'session'; readonly session: Session; readonly onlyCounters?: boolean };

/** One key, or all that begin so; an empty prefix is all of the scope. */
export type KvSome = { readonly key: string } | { readonly prefix: string };

/** What an event makes of the row of its account; the row's version grows by one, unless nothing is told and only the guard counts. */
export type AccountWrite =
  /** Merged into the row, which is made when it is not there; `settled` wins key by key. */
  | {
      readonly type: 'tell';
      readonly userId: string;
      /** Null: this event knows nothing new of them; then nothing is done when there is no row. */
      readonly variables: Account | null;
      /** Told in their place when there is no row yet. */
      readonly variablesIfNew?: Account;
      readonly settled: State;
      /** Only when the row is of this version; 0: only when there is none. */
      readonly ifVersion?: number;
      readonly at: number;
    }
  /** Takes the place of the row if that is of version `ifVersion` (0: there is none). The record's own version is not looked at. */
  | { readonly type: 'replace'; readonly record: AccountRecord; readonly ifVersion: number };

/** Nothing new runs at these boxes until it is lifted. */
export interface Pause {
  /** `all`, `nas:<name>` or `plugin:<name>`. */
  readonly scope: string;
  readonly by: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Who did what to many at once. */
export interface AuditEntry {
  readonly at: number;
  readonly by: string;
  /** `jobs.retry`, `nas.pause`, `resync.approve`, ... */
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface AuditRecord extends AuditEntry {
  /** Grows. */
  readonly id: number;
}

export type JobPatch = Partial<
  Pick<Job, 'account' | 'state' | 'attempt' | 'failures' | 'notBefore' | 'reason' | 'code'>
> & {
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
  readonly nasKeys?: readonly string[];
  readonly hook?: string;
  readonly user_id?: string;
  readonly login?: string;
  readonly eventId?: string;
  readonly code?: string;
  readonly lane?: string;
  readonly background?: boolean;
  /** Changed before, milliseconds since 1970. */
  readonly updatedBefore?: number;
  /** Only jobs with a smaller id: the list goes from new to old. */
  readonly before?: string;
  /** Only jobs with a greater id. */
  readonly after?: string;
  readonly limit: number;
}

export interface JobGroup {
  readonly nasKey: string;
  readonly hook: string;
  readonly count: number;
}

/** Closed sessions, by start and id. All conditions must hold. */
export interface CdrQuery {
  readonly where: readonly CdrCondition[];
  /** Where the page before ended. */
  readonly after?: { readonly startedAt: number; readonly id: string };
  readonly newestFirst: boolean;
  readonly limit: number;
}

export type CdrCondition =
  | {
      /** `address` is a key as `addressKey` makes it, `mac` twelve hex digits; times are milliseconds since 1970. */
      readonly column: 'id' | 'nas' | 'user_id' | 'login' | 'address' | 'mac' | 'started_at' | 'ended_at';
      readonly op: 'eq' | 'in' | 'lt' | 'gt' | 'ge';
      readonly value: string | number | readonly string[];
    }
  | NetworkCondition
  /** Acct-Session-Id; ids that begin so before a `|` may come along. */
  | { readonly column: 'session_id'; readonly op: 'in'; readonly value: readonly string[] };

/** The address, or the first address of one of the prefixes: one of these keys, or between the two. */
export interface NetworkCondition {
  readonly column: 'network';
  readonly op: 'in' | 'within';
  readonly value: readonly string[];
}

export interface AccountFilter {
  readonly login?: string;
  /** Of logins `name@realm` only those of this realm; `orNone`: and those without a realm. */
  readonly realm?: { readonly name: string; readonly orNone: boolean };
  readonly offset: number;
  readonly limit: number;
}

export interface RecordPage {
  readonly nasKeys?: readonly string[];
  /** Exactly this one, by the index. */
  readonly login?: string;
  /** Exactly this address, as the billing writes it, by the index. */
  readonly ip?: string;
  readonly after?: string;
  readonly limit: number;
}

/** An account and what was made of it on the box that it is on now. */
export interface KnownAccount extends AccountRecord {
  readonly applied: Applied;
}

export interface Purge {
  /**
   * `jobs`: ended ones with their journal and, when no job is left of it, their event; `journal`: of ended jobs that stay; `kv`: what
   * plugins keep in scopes that were not in use since.
   */
  readonly what: 'jobs' | 'journal' | 'cdrs' | 'audit' | 'resyncs' | 'kv';
  /** Milliseconds since 1970. */
  readonly before: number;
  readonly limit: number;
}

export interface Written {
  /** Ids of events that were there already. */
  readonly duplicates: ReadonlySet<string>;
  /** user_id of accounts whose row was not of the version that the change asked for, or a key that had no room: nothing of that change was applied. */
  readonly conflicts: ReadonlySet<string>;
}

export interface Store {
  /** A batch is either of sessions or of the rest. Resolves after the commit is on disk, with what was there already. Rejects with `store_failed`; then nothing of the batch is kept. */
  write(changes: readonly Change[]): Promise<Written>;
  jobs(filter: JobFilter): Promise<readonly Job[]>;
  /** How many there are for each box and hook, the most frequent first; all of them are counted. */
  jobGroups(filter: Omit<JobFilter, 'limit'>): Promise<readonly JobGroup[]>;
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
  record(userId: string): Promise<AccountRecord | undefined>;
  /** Those that are there, by user_id. */
  records(userIds: readonly string[]): Promise<ReadonlyMap<string, AccountRecord>>;
  /** With what was made of them on their own box, in the order of user_id after `after`; of these boxes only when they are given. */
  recordPage(page: RecordPage): Promise<readonly KnownAccount[]>;
  /** On every box where something was done for it: nasKey -> marks. */
  applied(userId: string): Promise<ReadonlyMap<string, Applied>>;
  /** From new to old. */
  resyncRuns(filter: {
    readonly nas?: string;
    readonly states?: readonly ResyncRun['state'][];
    readonly limit: number;
  }): Promise<readonly ResyncRun[]>;
  resyncRun(id: string): Promise<ResyncRun | undefined>;
  /** In the order of `seq`, from the first after `after`. */
  resyncItems(run: string, after: number, limit: number): Promise<readonly ResyncItem[]>;
  pauses(): Promise<readonly Pause[]>;
  /** From new to old, those before this id. */
  audit(filter: { readonly before?: number; readonly limit: number }): Promise<readonly AuditRecord[]>;
  /** Of what plugins keep; undefined when it is not there or has expired. */
  kvValue(scope: KvScope, key: string, now: number): Promise<string | undefined>;
  /** In the order of keys, from the first after `after`. */
  kvEntries(
    scope: KvScope,
    page: { readonly prefix: string; readonly after: string; readonly limit: number; readonly now: number },
  ): Promise<readonly KvEntry[]>;
  /** Every scope that holds something. */
  kvUses(): Promise<readonly KvUse[]>;
  /** Removes up to `limit` of what is older, the oldest first; what has not ended stays. Resolves with how many went. */
  purge(what: Purge): Promise<number>;
  session(key: string): Promise<Session | undefined>;
  /** The session with the greatest key that begins so: the newest of one NAS, Acct-Session-Id and user. */
  lastSession(keyPrefix: string): Promise<Session | undefined>;
  openSessions(): Promise<readonly Session[]>;
  cdrs(query: CdrQuery): Promise<readonly Session[]>;
  /** The highest job id ever given, '0' at first. */
  lastJobId(): Promise<string>;
  counts(): Promise<Readonly<Record<string, number>>>;
  /** Why it cannot be relied on at this moment, in words; empty: all is well. */
  trouble(): string;
  close(): Promise<void>;
}
