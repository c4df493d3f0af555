// A job: one hook to run for one account on one NAS; durable; in exactly one state.
import type { Account } from './account.ts';

export const jobStates = [
  'waiting',
  'running',
  'retrying',
  'parked',
  'done',
  'superseded',
  'refused',
  'dead',
  'skipped',
] as const;
export type JobState = (typeof jobStates)[number];

/** Ended jobs do not hold their lane; the others do. */
export const endedStates: ReadonlySet<JobState> = new Set(['done', 'superseded', 'refused', 'dead', 'skipped']);

export interface Job {
  /** Decimal, growing in the order of acceptance; unique for ever. */
  readonly id: string;
  readonly eventId: string;
  readonly lane: string;
  readonly nasKey: string;
  readonly hook: string;
  readonly account: Account;
  /** Runs only when nothing else is to do at its box: a resync's. */
  readonly background: boolean;
  readonly state: JobState;
  /** How many runs have begun. */
  readonly attempt: number;
  /** Runs that failed and count towards the profile's limit; those that an open breaker sent back do not. */
  readonly failures: number;
  /** Not to run before this time, milliseconds since 1970; 0 = at once. */
  readonly notBefore: number;
  /** Why it is in this state, in words: the box's own where it said something. */
  readonly reason: string;
  /** The error's code, empty when there was none. */
  readonly code: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
