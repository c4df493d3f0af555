// The profile's options with the defaults of `plugin.json` filled in.
import type { DeviceOf } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export interface MikrotikOptions {
  readonly lists?: Partial<Readonly<Record<ListRole, string>>>;
  readonly queue?: {
    readonly prefix?: string;
    readonly parent?: string;
    readonly type?: string;
    readonly burst_time_s?: number;
  };
  /** Keep the hotspot's bindings too. */
  readonly hotspot?: { readonly bypass?: boolean; readonly block?: boolean };
  readonly nat_chain?: string;
  readonly radius_auth_types?: readonly string[];
  readonly ip_auth_types?: readonly string[];
  readonly ping_count?: number;
}

export type ListRole = 'auth' | 'blocked' | 'negbal' | 'own_disabled';

const defaultLists: Readonly<Record<ListRole, string>> = {
  auth: 'crb_auth',
  blocked: 'crb_blocked',
  negbal: 'crb_negbal',
  own_disabled: 'crb_own_disabled',
};

export function listsOf(options: MikrotikOptions): Readonly<Record<ListRole, string>> {
  return { ...defaultLists, ...options.lists };
}

export function queuePrefixOf(options: MikrotikOptions): string {
  return options.queue?.prefix ?? 'crb_';
}

export function natChainOf(options: MikrotikOptions): string {
  return options.nat_chain ?? 'crb_snat';
}

/** Values of `auth_type` that log in by RADIUS. */
export function radiusAuthTypesOf(options: MikrotikOptions): readonly string[] {
  return options.radius_auth_types ?? ['0', '6'];
}

/** Values of `auth_type` that are authorised by their address alone. */
export function ipAuthTypesOf(options: MikrotikOptions): readonly string[] {
  return options.ip_auth_types ?? ['1'];
}
