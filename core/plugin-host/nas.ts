// The interface that dispatch sees of a box: run a hook there, under its profile and plugin of now.
import type { Profile } from '../config/profile.ts';
import type { FieldProblem } from '../errors.ts';
import type { Account, NasRef } from '../model/account.ts';
import type { Exchange, Outcome } from '../model/outcome.ts';
import type { BoxSession, BoxUser, KindOnBox } from '../plugin-sdk/index.ts';
import type { Quarantine } from './quarantine.ts';
import type { TrialStatus } from './trial.ts';

export interface HookRun {
  readonly hook: string;
  readonly account: Account;
  readonly jobId: string;
  /** Begins with 1. */
  readonly attempt: number;
  /** The same for every attempt of one job, so that a plugin can make its effects idempotent. */
  readonly token: string;
  readonly dryRun: boolean;
  /** For stop; the deadline is the profile's. */
  readonly signal: AbortSignal;
}

export interface HookReport {
  readonly outcome: Outcome;
  readonly exchanges: readonly Exchange[];
  /** What a read hook returned, or null. */
  readonly value: unknown;
  /** The plugin's mapped stack when it failed. */
  readonly stack: string;
  /** Which program ran: `mikrotik@1.0.0#3fa9`. */
  readonly program: string;
}

export interface NasPlugin {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly hooks: ReadonlySet<string>;
  /** By transport, patterns of what its manifest asks to do. */
  readonly asks: Readonly<Record<string, readonly string[]>>;
}

export interface ShadowOfNas {
  /** Null while it does not load. */
  readonly plugin: NasPlugin | null;
  /** Why it does not. */
  readonly problem: string;
  /** What its counts are of: they begin anew when this changes. */
  readonly version: string;
}

/** One profile in force. */
export interface Nas {
  readonly name: string;
  readonly profile: Profile;
  /** `hooks`: all that run here, whichever plugin they go to. */
  readonly plugin: NasPlugin;
  /** For some of the hooks, in place of `plugin`: those in its `hooks`. */
  readonly beside?: NasPlugin;
  /** It only looks on. */
  readonly shadow?: ShadowOfNas;
  /** Never rejects; keeps to the profile's deadline. While this is on trial, one that failed is run by the version before, with a deadline anew. */
  run(run: HookRun): Promise<HookReport>;
  /** Asks the box for all its sessions. Never rejects; keeps to `sessions.deadline` of the profile. */
  listSessions(signal: AbortSignal): Promise<SessionListing>;
  /**
   * Asks the box for all that it has of the billing's accounts (`users_from_nas`), batch by batch; the next is asked for when
   * `onUsers` is done with the one before. Never rejects; keeps to `resync.deadline` of the profile.
   */
  listUsers(listing: {
    readonly signal: AbortSignal;
    onUsers(users: readonly BoxUser[]): Promise<void> | void;
  }): Promise<UserListing>;
  /** Seconds since the box began to run; null when it did not say, or the plugin cannot ask. Never rejects. */
  uptime(signal: AbortSignal): Promise<number | null>;
}

export type UserListing =
  /** Everything came. `takenAt`: when the box made the list, milliseconds since 1970, if that is not now. */
  | { readonly type: 'listed'; readonly takenAt: number | null; readonly kinds: readonly KindOnBox[] }
  | { readonly type: 'unreachable' | 'unsupported' | 'failed'; readonly reason: string };

/** Only a full list says anything about the sessions that are not on it. */
export type SessionListing =
  | { readonly type: 'listed'; readonly sessions: readonly BoxSession[] }
  /** The box did not answer, or not in time. */
  | { readonly type: 'unreachable'; readonly reason: string }
  /** This plugin cannot list sessions. */
  | { readonly type: 'unsupported'; readonly reason: string }
  /** The box refused, or what the plugin returned is no list of sessions. */
  | { readonly type: 'failed'; readonly reason: string };

export interface NasDirectory {
  /** By the billing's words for the box. */
  find(ref: NasRef): Nas | undefined;
  get(name: string): Nas | undefined;
  /** All profiles, those that are refused included. */
  list(): readonly NasStatus[];
  /** Called after a profile went into force, was replaced or removed. Returns the unsubscriber. */
  onChange(listener: (name: string) => void): () => void;
}

export interface NasStatus {
  readonly name: string;
  readonly file: string;
  readonly nas: Nas | null;
  /** ISO 8601; when what is in force was swapped in. */
  readonly since: string | null;
  /** Why the newest save of the file is not in force; empty when it is. */
  readonly problem: string;
  readonly problems: readonly FieldProblem[];
  /** What is in force although something is wrong, e.g. a box that did not answer its self-test; empty when nothing is. */
  readonly warning: string;
  /** How its first jobs go, while it can still be taken back. */
  readonly trial: TrialStatus | null;
  /** Nothing of it is run, and its jobs are parked. */
  readonly quarantine: Quarantine | null;
}
