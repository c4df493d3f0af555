// The profile's options, with the defaults of plugin.json filled in.
import type { DeviceOf, HookInput, Restriction } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** Values are templates. */
export type Attributes = Readonly<Record<string, string | readonly string[]>>;

export interface Service {
  readonly name: string;
  readonly parameter?: string;
}

export interface SmartEdgeOptions {
  readonly identify: readonly ('session' | 'login' | 'mac' | 'ip')[];
  readonly mac_format: string;
  readonly redirect?: {
    readonly policy: string;
    readonly urls: Readonly<Partial<Record<Restriction, string>>>;
    readonly with: Attributes;
    readonly without: Attributes;
  };
  readonly speed?: { readonly attributes?: Attributes; readonly default?: Attributes; readonly service?: Service };
  readonly services: Readonly<Record<string, Service>>;
  readonly accounting: boolean;
  readonly kick: 'disconnect' | 'cli';
  readonly context?: string;
}

export type Input = HookInput<SmartEdgeOptions>;
