// What a hook of the OSS contract is: data that drives mapper, lanes and resync, none of which knows a hook by name.
import type { z } from 'zod';

/** What a subscriber should have, as far as it is yes or no. */
interface AccessFlags {
  readonly exists: boolean;
  readonly accept: boolean;
  readonly redirect: boolean;
  readonly logged: boolean;
  readonly own_disabled: boolean;
}

/** Key parameters that are on a box as something of their own, told and compared under their own names. */
export type CarriedParameter = 'snatip';

/** What is true of the account on the box once the hook is done. */
export type Settles =
  | {
      readonly [F in keyof AccessFlags]: {
        readonly flag: F;
        readonly value: boolean;
        /** On the box with it then, as the account's variables say: the hook to run when one of these differs there. */
        readonly carries?: readonly CarriedParameter[];
      };
    }[keyof AccessFlags]
  | { readonly flag: 'rate'; readonly value: 'payload' | 'none' }
  | { readonly flag: 'service'; readonly value: 'on' | 'off' };

/** What a hook is for: change the box, read it, or run around the hooks that do. */
export type HookKind = 'change' | 'read' | 'around';

export interface HookDefinition<Name extends string = string, Payload extends z.ZodType = z.ZodType> {
  readonly name: Name;
  /** When the billing sends it and what the box should do, in one sentence. */
  readonly summary: string;
  readonly kind: HookKind;
  readonly settles: Settles | null;
  /** A barrier is never superseded and nothing is superseded across it. */
  readonly barrier: boolean;
  readonly payload: Payload;
}

interface HookInput<Name extends string, Payload extends z.ZodType> {
  readonly name: Name;
  readonly summary: string;
  readonly kind?: HookKind;
  readonly settles?: Settles;
  readonly barrier?: boolean;
  readonly payload: Payload;
}

export function defineHook<Name extends string, Payload extends z.ZodType>(
  input: HookInput<Name, Payload>,
): HookDefinition<Name, Payload> {
  return { kind: 'change', barrier: false, ...input, settles: input.settles ?? null };
}
