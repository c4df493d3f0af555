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

/** A session as the box lists it; empty texts and 0 for what it does not say. */
export interface BoxSession {
  /** As the box writes it in accounting; without it a session is only recognised by its other fields, and never adopted. */
  readonly acctSessionId: string;
  readonly userName: string;
  /** IPv4 or IPv6 address. */
  readonly framedIp: string;
  /** As in accounting, e.g. the MAC. */
  readonly callingStationId: string;
  /** Seconds. */
  readonly uptime: number;
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
  /**
   * Every session that the box has now, all of them or none: sessions that it leaves out are closed in the end, so throw rather than
   * return a part. Without it, sessions of this box are not reconciled.
   */
  listSessions?(
    device: Device,
    input: { readonly options: Options },
  ): Promise<readonly BoxSession[]> | readonly BoxSession[];
}

export function definePlugin<Options = Record<string, unknown>>(
  definition: PluginDefinition<Options>,
): PluginDefinition<Options> {
  return definition;
}

export type { Verdict };
