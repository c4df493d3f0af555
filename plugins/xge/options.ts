// The profile's options, with the defaults of plugin.json filled in.
import type { DeviceOf, HookInput } from '#plugin-sdk';
import type manifest from './plugin.json';

export type Device = DeviceOf<typeof manifest>;

/** A template, or one that is for accounts of some kinds alone. */
export type Command = string | { readonly command: string; readonly auth_types: readonly string[] };

export type Commands = Readonly<Partial<Record<string, readonly Command[]>>>;

export interface XgeOptions {
  readonly dialect: 'session' | 'lists';
  readonly via: 'coa' | 'ssh';
  readonly commands: Commands;
  readonly absent: readonly string[];
  readonly busy: readonly string[];
  readonly chroot: string;
}

export type Input = HookInput<XgeOptions>;
