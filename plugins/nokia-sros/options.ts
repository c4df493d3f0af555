// The profile's options, with the defaults of plugin.json filled in, and what of its transports there is.
import type { DeviceOf, HookInput, Restriction } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** How a session is named. The box gives them this priority; of several in one request all must match. */
export type Way = 'port_ip' | 'session' | 'subscriber' | 'service_ip' | 'login_ip' | 'login';

/** What a session gets. Texts are templates. */
export interface Change {
  readonly sla?: string;
  readonly subscriber_profile?: string;
  readonly filter_in?: number;
  readonly filter_out?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

export interface NokiaOptions {
  readonly identify: readonly Way[];
  readonly subscriber?: string;
  readonly service?: number;
  readonly retail_service?: number;
  readonly states: Readonly<Partial<Record<Restriction | 'free', Change>>>;
  readonly rate: readonly string[];
  readonly services: Readonly<Record<string, { readonly on: Change; readonly off: Change }>>;
  readonly read_back: boolean;
}

export type Input = HookInput<NokiaOptions>;

export function hasCli({ cli }: Partial<Device>): boolean {
  return cli !== undefined;
}
