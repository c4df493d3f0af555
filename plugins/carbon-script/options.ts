// The profile's `options`, as the schema in plugin.json lets them through.
import type { HookInput } from '#plugin-sdk';

export type Meaning = 'done' | 'gone' | 'retry' | 'refuse';

export interface CarbonScriptOptions {
  readonly programs: readonly string[];
  readonly hooks?: readonly string[];
  readonly exit_codes?: Readonly<Record<string, Meaning>>;
  readonly other_exit_codes: Meaning;
}

export type Input = HookInput<CarbonScriptOptions>;
