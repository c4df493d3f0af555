// The interface of the accounts: what each should have, what was made of it, what is there; taking whole states in, asking boxes.
import type { FieldProblem, OssiaError } from '../errors.ts';
import type { Account } from '../model/account.ts';
import type { Job } from '../model/job.ts';
import type { Exchange, Outcome } from '../model/outcome.ts';
import type { AccountRecord, AppliedMark, Difference, EffectiveAccess, State } from '../model/state.ts';
import type { RecordPage } from '../store/store.ts';

/** How an account is named; the first that is given counts. */
export interface AccountName {
  readonly user_id?: string | undefined;
  readonly login?: string | undefined;
  readonly ip?: string | undefined;
}

export interface Accounts {
  /** Rejects with `not_found`, or with `conflict` and the user_ids when a login or address is that of several. */
  find(name: AccountName): Promise<AccountRecord>;
  show(userId: string): Promise<AccountView>;
  /** In the order of user_id, from the first after `after`. */
  list(page: RecordPage): Promise<readonly ListedAccount[]>;
  /** Reads the account's box: `user_info`, and the state in it where the plugin says so. Bounded by the profile's deadline. */
  actual(userId: string, signal: AbortSignal): Promise<ActualView>;
  /** Runs a read hook beside the queue. Rejects with `input_invalid` for a hook that is none. */
  diagnose(asked: { readonly userId: string; readonly hook: string; readonly signal: AbortSignal }): Promise<Diagnosis>;
  /** The whole state of one account, hostile until parsed here. The same `id` in it again is taken once. */
  put(userId: string, body: unknown, how: PutSettings): Promise<PutReceipt>;
  /**
   * Lines of NDJSON, each a `put` with its `user_id`; resolves when all that is counted as taken is on disk. Rejects when it cannot
   * go on: what was taken until then stays, and all may be sent again.
   */
  load(lines: AsyncIterable<LoadLine>, how: LoadSettings): Promise<LoadReport>;
  /** What these hooks would send, in the box's own language: reads are made, writes recorded, nothing is kept. */
  preview(steps: readonly PreviewInput[], signal: AbortSignal): Promise<readonly PreviewStep[]>;
  /** The same for an event as the billing sends it, hostile until parsed here. */
  plan(event: unknown, signal: AbortSignal): Promise<PlanReceipt>;
}

export type PlanReceipt =
  | { readonly type: 'planned'; readonly steps: readonly PreviewStep[] }
  | { readonly type: 'rejected'; readonly fields: readonly FieldProblem[] };

export interface ListedAccount extends AccountRecord {
  /** With the key parameters that hooks carry. */
  readonly desired: State;
  readonly access: EffectiveAccess;
  /** Name of the profile that its box has now; null: none. */
  readonly nas: string | null;
  /** Between what it should have and what was made of that on its own box. */
  readonly differences: readonly Difference[];
  /** What differs as well, and its box's plugin has no hook for. */
  readonly unsupported: readonly string[];
}

export interface AccountView extends ListedAccount {
  /** What was made of it: on its own box, and on others where something was left. */
  readonly applied: readonly AppliedView[];
  /** Jobs that have not ended, in their order. */
  readonly pending: readonly Job[];
  /** Refused, dead and skipped ones that nothing newer has settled since, new ones first. */
  readonly failed: readonly Job[];
  /** What the box last said to one of its jobs; empty when nothing. */
  readonly lastWords: { readonly text: string; readonly job: string; readonly at: number } | null;
}

export interface AppliedView {
  readonly nasKey: string;
  readonly nas: string | null;
  readonly marks: Readonly<Record<string, AppliedMark>>;
}

export type ActualView =
  /** `state` has what this box can tell. */
  | {
      readonly type: 'read';
      readonly state: State;
      readonly differences: readonly Difference[];
      readonly report: unknown;
      readonly at: number;
    }
  | { readonly type: 'unreachable' | 'unsupported' | 'failed'; readonly reason: string };

export interface Diagnosis {
  readonly hook: string;
  /** Null: no profile matches. */
  readonly nas: string | null;
  readonly outcome: Outcome;
  /** What the plugin returned: JSON. */
  readonly report: unknown;
  readonly exchanges: readonly Exchange[];
  readonly ms: number;
}

export interface PutSettings {
  readonly source: string;
  /** False: only what is stored changes; a resync finds what the box lacks. */
  readonly jobs: boolean;
  /** Nothing is kept: `hooks` says what would be done. */
  readonly dryRun: boolean;
}

export type PutReceipt =
  | {
      readonly type: 'taken';
      /** Null: nothing is to be done, and no event is kept. */
      readonly event: string | null;
      readonly jobs: readonly string[];
      /** The hooks in their order, with their variables. */
      readonly hooks: readonly { readonly hook: string; readonly account: Account }[];
      readonly duplicate: boolean;
      /** Whether what is known of the account is another now. */
      readonly changed: boolean;
      readonly version: number;
    }
  | { readonly type: 'rejected'; readonly fields: readonly FieldProblem[] }
  | { readonly type: 'failed'; readonly error: OssiaError };

export interface LoadSettings extends Pick<PutSettings, 'jobs' | 'dryRun'> {
  /** For the audit. */
  readonly by: string;
  readonly signal: AbortSignal;
}

/** A line as it came, or why it cannot be read. */
export type LoadLine = string | { readonly broken: string };

export interface LoadReport {
  readonly lines: number;
  readonly taken: number;
  readonly unchanged: number;
  readonly jobs: number;
  readonly rejected: number;
  /** The first hundred of the rejected. */
  readonly problems: readonly {
    readonly line: number;
    readonly user_id: string;
    readonly fields: readonly FieldProblem[];
  }[];
}

export interface PreviewInput {
  /** The job that it is already, when it is one. */
  readonly job?: string;
  readonly hook: string;
  readonly account: Account;
}

export interface PreviewStep extends Omit<PreviewInput, 'job'> {
  /** Null: no profile matches. */
  readonly nas: string | null;
  readonly outcome: Outcome;
  readonly exchanges: readonly Exchange[];
  /** What a dry run over these transports cannot know, in words. */
  readonly unknown: readonly string[];
  /** Waiting jobs of its lane that this one would supersede. */
  readonly supersedes: readonly string[];
}
