// The profile's options, with the defaults of `plugin.json` filled in where they are read.
import type { DeviceOf, HookInput } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** Why a subscriber is shown a page in place of the internet. */
export const reasons = ['blocked', 'no_balance', 'own_disabled'] as const;
export type Reason = (typeof reasons)[number];

export type WayName = 'account-info' | 'session' | 'ip' | 'login';

export interface IsgOptions {
  readonly identify?: readonly WayName[];
  readonly vrf?: string;
  readonly services?: Readonly<Partial<Record<Reason | 'internet' | 'rate', readonly string[]>>> & {
    readonly usluga?: Readonly<Record<string, readonly string[]>>;
    readonly any_usluga?: string;
  };
  readonly end?: 'account-logoff' | 'disconnect';
  readonly logon?: 'none' | 'login' | 'login+psw';
}

export type Input = HookInput<IsgOptions>;

/** Templates of the names. */
export function servicesOf({ services = {} }: IsgOptions, family: Reason | 'internet' | 'rate'): readonly string[] {
  return services[family] ?? [];
}
