// The profile's options, which are all that this plugin knows of its box, and their defaults as in `plugin.json`.
import type { DeviceOf, HookInput } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

import type { ChangeHook } from './change-hooks.ts';

/** Values by attribute name: a template, a number as it is, or a list for an attribute that appears several times. */
export type Templates = Readonly<Record<string, Value | readonly Value[]>>;
export type Value = string | number;

/** One request to the box. */
export type Step = { readonly coa: Templates } | { readonly disconnect: Templates };

export interface GenericCoaOptions {
  readonly hooks?: Readonly<Partial<Record<ChangeHook, readonly Step[]>>>;
  /** In every request. */
  readonly identify?: Templates;
  /** What it means for a CoA that the subscriber has no session. */
  readonly offline?: 'ok' | 'refuse';
}

export type Input = HookInput<GenericCoaOptions>;

const defaultIdentify: Templates = { 'User-Name': '{login}', 'Acct-Session-Id': '{acct_session_id?}' };

export function identifyOf(options: GenericCoaOptions): Templates {
  return options.identify ?? defaultIdentify;
}

export function stepsOf({ hook, options }: Input): readonly Step[] | undefined {
  const steps = options.hooks ?? {};
  return Object.hasOwn(steps, hook) ? steps[hook as ChangeHook] : undefined;
}
