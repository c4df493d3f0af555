// A resync of one box: what was compared, what the plan is, and how far it has come.

/** What may be compared and put right; `access` is exists, accept, redirect and own_disabled, `nat` is snatip. */
export const resyncTopics = ['access', 'rate', 'nat', 'services', 'logged'] as const;
export type ResyncTopic = (typeof resyncTopics)[number];

export const resyncStates = [
  'planning',
  /** A guard stopped it; someone may approve or cancel. */
  'asks',
  'applying',
  'done',
  /** The list of the box was not there, or not fit to be believed: nothing is changed. */
  'refused',
  'cancelled',
] as const;
export type ResyncState = (typeof resyncStates)[number];

export interface ResyncRun {
  readonly id: string;
  /** Name of the profile. */
  readonly nas: string;
  readonly cause: 'operator' | 'schedule' | 'reboot';
  readonly by: string;
  readonly only: readonly ResyncTopic[];
  /** Nothing is applied; the plan is what was asked for. */
  readonly dryRun: boolean;
  /** Somebody says that the box has nothing, e.g. is a new one: an empty list is believed. */
  readonly expectEmpty?: boolean;
  readonly state: ResyncState;
  /** Why it is in this state, in words. */
  readonly reason: string;
  readonly counts: ResyncCounts;
  /** `seq` up to which items were handed on. */
  readonly cursor: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface ResyncCounts {
  /** Accounts that should be on the box, and what the box lists. */
  readonly desired: number;
  readonly listed: number;
  readonly same: number;
  /** Of which this box cannot tell anything. */
  readonly unknown: number;
  /** Items of the plan by kind. */
  readonly add: number;
  readonly change: number;
  readonly remove: number;
  /** Listed, and nobody's that we know: left alone. */
  readonly foreign: number;
  /** Handed on as jobs so far, and those dropped since the account changed after the plan was made. */
  readonly applied: number;
  readonly overtaken: number;
}

/** One account of the plan. */
export interface ResyncItem {
  readonly seq: number;
  readonly userId: string;
  readonly kind: 'add' | 'change' | 'remove';
  /** Of the account's record when the plan was made; 0: there was none. */
  readonly version: number;
  readonly differences: readonly { readonly key: string; readonly desired: string; readonly found: string | null }[];
  /** For `remove`: how the box names it. */
  readonly identity: Readonly<Record<string, string>>;
}
