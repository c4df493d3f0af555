// Key parameters that a hook brings to the box and that stand there by themselves, like the NAT address: they follow from the variables.
import type { Account } from './account.ts';
import { canonicalAddress } from './fields.ts';
import type { CarriedParameter, Settles } from './hook.ts';
import { type AccountRecord, type State, settledBy } from './state.ts';

export const carriedParameters: readonly CarriedParameter[] = ['snatip'];

export function isCarried(key: string): boolean {
  return (carriedParameters as readonly string[]).includes(key);
}

/** What is on the box once a job with these variables is done. A parameter that they leave out says nothing. */
export function leftBy(settles: Settles | null, account: Account): State {
  const settled = settledBy(settles, account);
  if (settles === null || !('carries' in settles)) return settled;
  const told = settles.carries.filter((name) => account[name] !== undefined);
  if (told.length === 0) return settled;
  return { ...settled, ...Object.fromEntries(told.map((name) => [name, carriedText(account[name])])) };
}

/**
 * What an account should have, with the parameters that are carried. They are kept with the variables only; one that it has not got
 * is `none` where there is one to be found.
 */
export function wantedOf(
  { variables, desired }: Pick<AccountRecord, 'variables' | 'desired'>,
  isFound: (name: CarriedParameter) => boolean = () => false,
): State {
  if (desired['exists'] !== 'true') return desired;
  const meant = carriedParameters.filter((name) => variables[name] || isFound(name));
  if (meant.length === 0) return desired;
  return { ...desired, ...Object.fromEntries(meant.map((name) => [name, carriedText(variables[name])])) };
}

export function isFoundIn(state: State): (name: CarriedParameter) => boolean {
  return (name) => (state[name] ?? 'none') !== 'none';
}

/** The same text for the same address; `none` for none. */
export function carriedText(value: string | null | undefined): string {
  if (!value) return 'none';
  const host = value.replace(value.includes(':') ? /\/128$/ : /\/32$/, '');
  return canonicalAddress(host) ?? host;
}
