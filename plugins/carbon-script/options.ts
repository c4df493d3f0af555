// The profile's `options`, as the schema in plugin.json lets them through.
import type { DeviceOf, HookInput } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

export type Meaning = 'done' | 'gone' | 'retry' | 'refuse';

export interface CarbonScriptOptions {
  readonly programs: readonly string[];
  readonly hooks?: readonly string[];
  readonly exit_codes?: Readonly<Record<string, Meaning>>;
  readonly other_exit_codes: Meaning;
}

export type Input = HookInput<CarbonScriptOptions>;
