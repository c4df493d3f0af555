// What a box must know of an account that was just added there: what keeps a debtor out comes before what lets anybody in.
import type { Account } from '../model/account.ts';
import { type AccountRecord, serviceOf, variablesOf } from '../model/state.ts';
import type { Effects } from './effects.ts';

/** A hook to run with these variables. */
export interface HookCall {
  readonly hook: string;
  readonly account: Account;
}

type Known = Pick<AccountRecord, 'variables' | 'desired'>;

/** In this order, after the hook that adds it. A login does not move with the account. */
export function newBoxCalls({ variables, desired }: Known, effects: Effects): readonly HookCall[] {
  const services = Object.keys(desired).filter((key) => serviceOf(key) !== undefined && desired[key] === 'on');
  const wanted: readonly (readonly [string, string])[] = [
    ...(desired['rate'] === undefined || desired['rate'] === 'none' ? [] : [['rate', desired['rate']] as const]),
    ...(desired['accept'] === 'false' ? [['accept', 'false'] as const] : []),
    ...(desired['redirect'] === 'true' ? [['redirect', 'true'] as const] : []),
    ...(desired['own_disabled'] === 'true' ? [['own_disabled', 'true'] as const] : []),
    ...services.sort().map((key) => [key, 'on'] as const),
    ...(desired['accept'] === 'true' ? [['accept', 'true'] as const] : []),
  ];
  const account = variablesOf({ variables, desired });
  return wanted.map(([key, value]) => callWith({ key, value, account, effects }));
}

interface Wish {
  readonly key: string;
  readonly value: string;
  readonly effects: Effects;
}

/** With the variables that a job made from this record carries. */
export function callFor({ known, ...wish }: Wish & { readonly known: Known }): HookCall {
  return callWith({ ...wish, account: variablesOf(known) });
}

export function callWith({ key, value, account, effects }: Wish & { readonly account: Account }): HookCall {
  const service = serviceOf(key);
  return {
    hook: effects.bringing(key, value).name,
    account: service === undefined ? account : { ...account, usluga_id: service },
  };
}
