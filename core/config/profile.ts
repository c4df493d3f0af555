// What a NAS profile is once it is parsed: one box, its plugin, how to reach it, its limits.
import type { GuestLimits } from '../sandbox/sandbox.ts';

export interface Profile {
  /** The file's name without `.yaml`. */
  readonly name: string;
  readonly file: string;
  readonly plugin: string;
  /** The version, or the beginning of the hash, that it is held to. */
  readonly pin?: string;
  /** For some of the hooks, in place of `plugin`. */
  readonly beside?: SecondPlugin & { readonly hooks: readonly string[] };
  /** Run in dry run after the hooks have done their work; what it says changes nothing. */
  readonly shadow?: SecondPlugin & {
    /** Null: all. */
    readonly hooks: readonly string[] | null;
    readonly before: boolean;
    /** Milliseconds that one look may take. */
    readonly deadlineMs: number;
  };
  readonly match: {
    readonly nas_ip: readonly string[];
    readonly nas_identifier: readonly string[];
    readonly nas_id: readonly string[];
  };
  /** Sections as the transports' schemas parsed them, secrets resolved. Never printed, never given to a plugin. */
  readonly transports: Readonly<Record<string, unknown>>;
  /** For the accounting that this box sends to us. */
  readonly radius: RadiusClient | null;
  /** Of what the plugin asks to do, patterns of what it may: by transport. One that is not here is granted as asked. */
  readonly grants: Readonly<Record<string, readonly string[]>>;
  readonly limits: ProfileLimits;
  readonly sync: SyncSettings;
  readonly resync: ResyncSettings;
  /** Checked against the plugin's own schema; given to the plugin. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Milliseconds without an update after which its sessions are given up, 0 = never; absent: as the settings say. */
  readonly sessionTtlMs?: number;
  /** Accounting Start of a known account fires `user_auth`. */
  readonly fireAuthOnStart: boolean;
  /** Accounting Stop of a known account fires `user_disconnect`. */
  readonly fireDisconnectOnStop: boolean;
}

/** Another plugin for the same box, over the same transports, with options of its own. */
export interface SecondPlugin {
  readonly plugin: string;
  readonly pin?: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface RadiusClient {
  /** Source addresses; by default `match.nas_ip`. */
  readonly addresses: readonly string[];
  readonly secret: string;
  /** Names in the certificate that it shows over TLS; without any, its address identifies it there too. */
  readonly certificates: readonly string[];
  readonly requireMessageAuthenticator: 'never' | 'if-present' | 'always';
  /** It forwards what other boxes say, and is believed whose it is. */
  readonly isProxy?: boolean;
}

/** Comparing our sessions with those that the box lists. */
export interface SyncSettings {
  /** Milliseconds between two listings; null = only by hand. */
  readonly everyMs: number | null;
  /** A session that is not listed is closed only when its last update is older than this, in milliseconds. */
  readonly graceMs: number;
  /** Of the box's live sessions, the share that one run may close, 0 to 1. */
  readonly mostClosed: number;
  /** Milliseconds that one listing may take. */
  readonly deadlineMs: number;
}

/** Comparing what the box has with what its accounts should have. */
export interface ResyncSettings {
  /** Milliseconds between two runs; null = only by hand. */
  readonly everyMs: number | null;
  /** A run begins when the box is seen to have begun anew. */
  readonly onReboot: boolean;
  /** Milliseconds between two questions for its uptime; null = it is not asked. */
  readonly uptimeEveryMs: number | null;
  /** Jobs of a resync begun per second. */
  readonly ratePerSecond: number;
  /** Of what the box lists, the share that a run may remove without being asked, 0 to 1. */
  readonly mostRemoved: number;
  /** Of what should be there, the share that may be missing in the list before it counts as cut, 0 to 1. */
  readonly mostMissing: number;
  /** A box that cannot list is told everything. */
  readonly fullPush: boolean;
  /** Milliseconds that one listing may take. */
  readonly deadlineMs: number;
}

export interface ProfileLimits {
  /** Jobs of this NAS that run at once. */
  readonly concurrency: number;
  /** Jobs begun per second; Infinity when not limited. */
  readonly ratePerSecond: number;
  /** Milliseconds that one run of a hook may take. */
  readonly deadlineMs: number;
  /** Attempts after which a job is dead. */
  readonly attempts: number;
  /** Unanswered runs in a row that open the breaker. */
  readonly breakerFailures: number;
  /** Milliseconds between the trials of an open breaker. */
  readonly breakerProbeMs: number;
  /** Calls to the box per second, of all runs together; Infinity when not limited. */
  readonly callsPerSecond: number;
  readonly guest: GuestLimits;
}
