// The profile's options with the defaults of `plugin.json` filled in, and which of the two transports there are.
import { type DeviceOf, type HookInput, type Restriction, unsupported } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export interface AccelOptions {
  readonly match?: 'username' | 'ip';
  readonly username?: string;
  readonly renamed?: boolean;
  readonly nas_identifier?: string;
  readonly rate?: {
    readonly form?: 'down/up' | 'mikrotik' | 'cisco' | 'pair' | 'none';
    readonly attribute?: string;
    readonly down?: string;
    readonly up?: string;
    readonly factor?: number;
  };
  readonly redirect?: {
    readonly attribute: string;
    readonly set_attribute?: string;
    readonly sets?: Partial<Readonly<Record<Reason, string>>>;
    readonly lift: 'coa' | 'renew';
  };
  readonly restricted_pools?: readonly string[];
  readonly terminate?: 'disconnect' | 'soft' | 'hard';
  readonly accel_cmd?: string;
  readonly cli_port?: number;
}

/** Why a subscriber is shown a page in place of the internet. */
export type Reason = Restriction;

export type Input = HookInput<AccelOptions>;

export function hasCoa({ coa }: Partial<Device>): boolean {
  return coa !== undefined;
}

export function hasCli({ ssh }: Partial<Device>): boolean {
  return ssh !== undefined;
}

/** For what only the CLI tells. */
export function demandCli(device: Device): void {
  if (!hasCli(device)) throw unsupported('The profile has no ssh section, and RADIUS reads nothing from a box.');
}

/** Whether accel-ppp has its shaper module, and with it the column `rate-limit`. */
export function isShaping({ rate }: AccelOptions): boolean {
  return rate?.form !== 'none';
}
