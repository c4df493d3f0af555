// The profile's options; the defaults of `plugin.json` are filled in where they are read.
import type { DeviceOf, HookInput, Restriction } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** Why a subscriber is shown a page in place of the internet. */
export type Reason = Restriction;

export interface MxOptions {
  readonly identify?: readonly ('session' | 'login')[];
  readonly username?: string;
  readonly services?: Readonly<Partial<Record<Reason | 'internet', readonly string[]>>> & {
    readonly usluga?: Readonly<Record<string, readonly string[]>>;
    readonly any_usluga?: string;
  };
  readonly lift?: 'coa' | 'renew';
  readonly rate?: {
    readonly service?: string;
    readonly change?: 'replace' | 'update';
    readonly attribute?: 'ERX-Cos-Shaping-Rate' | 'ERX-CoS-Shaping-Pmt-Type';
    readonly value?: string;
  };
  readonly one_packet?: boolean;
  readonly statistics?: 'none' | 'time' | 'time-volume';
}

export type Input = HookInput<MxOptions>;
