// The billing's variables of one account, as text, under the billing's own names.

import { canonicalAddress } from './fields.ts';

/** Values are the billing's texts, untouched: any UTF-8, `rate_in` a decimal number of kbit/s, an empty text where it sends one. */
export type Account = Readonly<Record<string, string>>;

/** How a job names its box before any profile is looked at. */
export interface NasRef {
  readonly nas_ip?: string;
  readonly nas_id?: string;
}

export function nasRefOf(account: Account): NasRef {
  const ref: { nas_ip?: string; nas_id?: string } = {};
  if (account['nas_ip']) ref.nas_ip = account['nas_ip'];
  if (account['nas_id']) ref.nas_id = account['nas_id'];
  return ref;
}

/** One text per box, however its address is spelled: the address when there is one, else the billing's id of it. */
export function nasKeyOf({ nas_ip, nas_id }: NasRef): string {
  return nas_ip === undefined ? `id:${nas_id ?? ''}` : (canonicalAddress(nas_ip) ?? nas_ip);
}

/** The name of the queue of one account's jobs on one NAS. */
export function laneOf(account: Account): string {
  return `${account['user_id']}@${nasKeyOf(nasRefOf(account))}`;
}
