// Kinds of accounts as data: which of them a plugin speaks of when it says what its box can tell.
import type { Account } from './account.ts';

/** All that is given must fit. */
export interface AccountKind {
  /** Values of `auth_type`; the empty text for none. */
  readonly auth_types?: readonly string[];
  /** Whether the billing gave it an address. */
  readonly ip?: 'given' | 'none';
}

export function isOfKind(account: Account, { auth_types, ip }: AccountKind): boolean {
  if (auth_types !== undefined && !auth_types.includes(account['auth_type'] ?? '')) return false;
  return ip === undefined || (ip === 'given') === Boolean(account['ip']);
}
