// The profile's options with the defaults of `plugin.json` filled in.
import type { DeviceOf, HookInput } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export interface LinuxOptions {
  readonly customers: readonly string[];
  readonly uplinks: readonly string[];
  readonly portals: Readonly<Record<'blocked', string>> & Partial<Readonly<Record<Cause, string>>>;
  readonly allowed?: readonly string[];
  readonly pools?: readonly string[];
  readonly require_login?: boolean;
  readonly ip_auth_types?: readonly string[];
  readonly ipv6?: boolean;
  readonly table?: string;
  readonly link_kbit?: number;
  readonly sudo?: boolean;
  readonly ping_count?: number;
  readonly sessions?: 'ppp';
}

/** Why a subscriber is shown a page in place of the internet. */
export type Cause = 'blocked' | 'no_balance' | 'own_disabled' | 'login';

export type Input = HookInput<LinuxOptions>;

/** `inet ossia`, as nft's commands name it. */
export function tableOf({ table = 'ossia' }: LinuxOptions): string {
  return `inet ${table}`;
}

export function asRoot({ sudo = false }: LinuxOptions, command: string): string {
  return sudo ? `sudo -n ${command}` : command;
}

/** Values of `auth_type` that are authorised by their address alone. */
export function ipAuthTypesOf({ ip_auth_types = ['1'] }: LinuxOptions): readonly string[] {
  return ip_auth_types;
}
