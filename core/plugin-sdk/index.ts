// All that a plugin may import: the definition, the verdicts, quoting, and the types of what it is given.
import type { Device } from './device.ts';
import type { Verdict } from './verdict.ts';

export type * from './device.ts';
export { sh } from './quote.ts';
export { gone, refuse, retry, unsupported } from './verdict.ts';

/** What a hook is given besides the device. */
export interface HookInput<Options = Record<string, unknown>> {
  /** The billing's variables under the billing's names; all values are texts, those that the hook's payload demands are there. */
  readonly account: Readonly<Record<string, string>>;
  /** The profile's `options`, valid by the schema in `plugin.json`. */
  readonly options: Options;
  readonly hook: string;
  /** Begins with 1. */
  readonly attempt: number;
  /** The same for every attempt of one job. */
  readonly token: string;
  /** When the host ends this run, milliseconds since 1970. */
  readonly deadline: number;
  readonly dryRun: boolean;
  /** Writes a line to the job's journal. */
  log(line: string): void;
}

/** Ensures what the hook asks for. Returning is `done`; a verdict says otherwise; a read hook returns its answer. */
export type HookFunction<Options = Record<string, unknown>> = (
  input: HookInput<Options>,
  device: Device,
) => Promise<unknown> | unknown;

export interface PluginDefinition<Options = Record<string, unknown>> {
  /** By the hook's name. A hook that is not here is `unsupported`. */
  readonly hooks: Readonly<Record<string, HookFunction<Options>>>;
  /** Reads something harmless; when it throws, a new profile does not go live. */
  selfTest?(device: Device, input: { readonly options: Options }): Promise<unknown> | unknown;
}

export function definePlugin<Options = Record<string, unknown>>(
  definition: PluginDefinition<Options>,
): PluginDefinition<Options> {
  return definition;
}

export type { Verdict };
