// The profile's options; the defaults of `plugin.json` are filled in where they are read.
import type { DeviceOf, HookInput, Restriction } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** Why a subscriber is shown a page in place of the internet. */
export type Reason = Restriction;

export type WayName = 'session+login' | 'session' | 'login' | 'ip';

/** What of a session is set, each in an attribute of its own. */
export interface SessionState {
  readonly filter_id?: string;
  readonly domain?: string;
  readonly qos_profile?: string;
  readonly down_qos_profile?: string;
}

export interface Me60Options {
  readonly identify?: readonly WayName[];
  readonly domain?: string;
  readonly known_profiles?: readonly string[];
  readonly no_exist_policy?: 'offline' | 'online';
  readonly case_sensitive?: boolean;
  readonly rate?: {
    readonly by: 'bits' | 'profile';
    readonly peak?: 'same' | 'ceil' | 'none';
    readonly profile?: string;
    readonly down_profile?: string;
    readonly no_limit?: string;
  };
  readonly states?: Readonly<Partial<Record<Reason | 'internet', SessionState>>> & { readonly lift: 'coa' | 'renew' };
  readonly services?: {
    readonly usluga?: Readonly<Record<string, string>>;
    readonly any_usluga?: string;
    readonly activate?: 'policy-name' | 'command-mode';
  };
}

export type Input = HookInput<Me60Options>;
