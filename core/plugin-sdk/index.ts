// All that a plugin may import: the definition, the verdicts, quoting, and the types of what it is given.
import type { AccountKind } from '../model/account-kind.ts';
import type { Device } from './device.ts';
import type { Verdict } from './verdict.ts';

export type { AccountKind } from '../model/account-kind.ts';
export { base64 } from './base64.ts';
export { type CliConfigureOptions, type CliDevice, type CliLine, type CliRunOptions, cli } from './cli.ts';
export {
  addressIn,
  byAcctSessionId,
  type FoundSession,
  firstFound,
  isNak,
  type SessionKey,
  type SessionWay,
  sessionIdentities,
} from './coa.ts';
export type * from './device.ts';
export { type DeviceError, isDeviceError } from './device-error.ts';
export { type EnsureAbsentSteps, type EnsureRun, type EnsureSteps, ensure, ensureAbsent } from './ensure.ts';
export { sh } from './quote.ts';
export {
  allRestrictions,
  dropRestriction,
  forgetRestrictions,
  keepRestriction,
  type Restriction,
  restrictionsOf,
} from './reasons.ts';
export { goneOf, lift, type Restricting, restrict, restrictionKey } from './restricting.ts';
export { sleep } from './sleep.ts';
export { isOptional, type Rendering, render } from './template.ts';
export { gone, refuse, retry, unreachable, unsupported } from './verdict.ts';

/** What a hook is given besides the device. */
export interface HookInput<Options = Record<string, unknown>> {
  /** The billing's variables under the billing's names; all values are texts, those that the hook's payload demands are there. */
  readonly account: Readonly<Record<string, string>>;
  /** The profile's `options`, valid by the schema in `plugin.json`. */
  readonly options: Options;
  /** The hook's own name, `user_drop`: for a function that serves several. */
  readonly hook: string;
  /** Begins with 1. */
  readonly attempt: number;
  /** The same for every attempt of one job. */
  readonly token: string;
  /** When the host ends this run, milliseconds since 1970. */
  readonly deadline: number;
  /** Nothing may be changed: reads are made, writes only recorded, and those answer null. */
  readonly dryRun: boolean;
  /** Writes a line to the job's journal. */
  log(line: string): void;
}

/** A session as the box lists it; empty texts and 0 for what it does not say. */
export interface BoxSession {
  /** As the box writes it in accounting; without it a session is only recognised by its other fields, and never adopted. */
  readonly acctSessionId: string;
  /** As in accounting: the login, or what the box calls the subscriber. */
  readonly userName: string;
  /** IPv4 or IPv6 address. */
  readonly framedIp: string;
  /** As in accounting, e.g. the MAC. */
  readonly callingStationId: string;
  /** Seconds. */
  readonly uptime: number;
}

/** What the box has of one subscriber. What is left out, this box cannot tell: it is not compared. */
export interface BoxState {
  /** Not blocked: false after `user_drop`, true after `user_accept`. */
  readonly accept?: boolean;
  /** Shown the page on the balance: true after `user_redirect`. */
  readonly redirect?: boolean;
  /** Paused by the subscriber: true after `own_disabled`. */
  readonly own_disabled?: boolean;
  /** Has a session, or whatever lets this kind of account in: true after `user_auth`. */
  readonly logged?: boolean;
  /** kbit/s; null: no limit. Compared are the rates that both sides have. */
  readonly rate?: { readonly rate_in: number; readonly rate_out: number } | null;
  /** The address as which it goes out by NAT, where that is the billing's variable `snatip`; null: its own. */
  readonly snatip?: string | null;
  /** `usluga_id` of every service that is on. */
  readonly services?: readonly string[];
}

/**
 * One subscriber who is on the box now, for `users_from_nas`. It is matched with the
 * billing's account by `user_id`, else `login`, else `ip`; empty texts for what the box does not keep.
 */
export interface BoxUser extends BoxState {
  /** The billing's id of the account. */
  readonly user_id: string;
  /** The billing's login. */
  readonly login: string;
  /** IPv4 or IPv6 address or network. */
  readonly ip: string;
  /** Says something of accounts of this kind only; for any other it counts as not listed. */
  readonly of?: AccountKind;
}

/** What `user_info` returns under `user`, of its account; null there: the box has nothing of it. */
export interface BoxUserReport extends BoxUser {
  /** Null when the account may be there without a trace, and there is none. */
  readonly exists?: boolean | null;
}

/** What the list means for accounts of one kind. */
export interface KindOnBox {
  /** Which accounts. */
  readonly kind: AccountKind;
  /** What one has that is not listed. `nothing`, also when left out: it is not on the box. `unknown`: nothing is compared. */
  readonly unlisted?: 'nothing' | 'unknown' | BoxState;
  /** `user_add` itself logs such an account in: one that is not logged in was not added, whatever else is there, and is added again. */
  readonly addLogsIn?: boolean;
}

/** What `users_from_nas` may return after its last list. */
export interface UserListInfo {
  /** Milliseconds since 1970, when the list was not made just now: older than the comparison, it is not believed. */
  readonly takenAt?: number;
  /** The first that fits an account counts; for one that none fits, not being listed is not being there. */
  readonly kinds?: readonly KindOnBox[];
}

/** What the types need of `plugin.json`: `import type manifest from './plugin.json'`. */
export interface ManifestShape {
  /** By name. */
  readonly transports: object;
}

/** The transports that a manifest asks for, `DeviceOf<typeof manifest>`. One that the profile does not configure is missing when it runs. */
export type DeviceOf<Manifest extends ManifestShape> = Pick<Device, keyof Manifest['transports'] & keyof Device>;

/** Ensures what the hook asks for. Returning is `done`; a verdict says otherwise; a read hook returns its answer. */
export type HookFunction<Options = Record<string, unknown>, Box = Device> = (
  input: HookInput<Options>,
  device: Box,
) => Promise<unknown> | unknown;

/** What `plugin.ts` exports as its default: made by `definePlugin`, so that its types hold. */
/**
 * What stands outside of these functions, e.g. a Map at the top of `plugin.ts`, is one box's alone and lasts for a time only: it begins
 * anew when the profile or the plugin is saved, when the isolate is recycled (after so many runs, a day, or with its memory full), after
 * a quiet time, and with each start. Keep there what can be asked for again; what must be known belongs into
 * `device.kv`.
 */
export interface PluginDefinition<Options = Record<string, unknown>, Box = Device> {
  /**
   * By the hook's name. A hook that is not here is `unsupported`. `users_from_nas` returns a list of BoxUser, or is an async
   * generator that yields lists of up to some thousands and may return a UserListInfo: all of the box's users or none, so throw rather
   * than end early.
   */
  readonly hooks: Readonly<Record<string, HookFunction<Options, Box>>>;
  /** Reads something harmless; when it throws, a new profile does not go live. */
  selfTest?(device: Box, input: { readonly options: Options }): Promise<unknown> | unknown;
  /**
   * Every session that the box has now, all of them or none: sessions that it leaves out are closed in the end, so throw rather than
   * return a part. A list, or an async generator that yields lists of up to some thousands. Without it, sessions of this box are not
   * reconciled.
   */
  listSessions?(
    device: Box,
    input: { readonly options: Options },
  ): Promise<readonly BoxSession[]> | readonly BoxSession[] | AsyncIterable<readonly BoxSession[]>;
  /** Seconds since the box began to run: when it goes back, the box has lost what it was told and is filled again. */
  uptime?(device: Box, input: { readonly options: Options }): Promise<number> | number;
}

/** `definePlugin<typeof manifest, Options>({ ... })`: a transport that `plugin.json` does not ask for does not compile. */
export function definePlugin<
  Manifest extends ManifestShape = { transports: Device },
  Options = Record<string, unknown>,
>(definition: PluginDefinition<Options, DeviceOf<Manifest>>): PluginDefinition<Options, DeviceOf<Manifest>> {
  return definition;
}

export type { Verdict };
