// Who an account is on this router: its one address, and the billing's id as the mark on it.
import { refuse } from '#plugin-sdk';
import { type Address, parseAddress } from './address.ts';
import { type Input, ipAuthTypesOf } from './options.ts';

export function addressOf({ account, options }: Pick<Input, 'account' | 'options'>): Address {
  const ip = account['ip'];
  if (!ip) throw refuse('The event carries no ip, and this router knows subscribers by nothing else.');
  const address = parseAddress(ip);
  if (!address) throw refuse(`The ip ${JSON.stringify(ip.slice(0, 60))} is not one IPv4 or IPv6 address.`);
  if (address.family === 6 && !options.ipv6)
    throw refuse(`The ip ${address.text} is IPv6, which this profile leaves alone: its option ipv6 is not set.`);
  return address;
}

/** Logged in by having the address, without any login. */
export function isAuthorisedByAddress({ account, options }: Input): boolean {
  return ipAuthTypesOf(options).includes(account['auth_type'] ?? '');
}

const longestMark = 120;

/** Whose the address is, as the comment of its set element: nft has no way to write a quote there, and 128 bytes at most. */
export function ownerMarkOf({ account }: Pick<Input, 'account'>): string {
  return encodeURIComponent((account['user_id'] ?? '').toWellFormed()).slice(0, longestMark);
}

/** The whole `user_id` that a mark tells; empty when it tells none, or was cut. */
export function userIdOfMark(mark: string): string {
  return mark.length < longestMark ? ownerOfMark(mark) : '';
}

export function ownerOfMark(mark: string): string {
  try {
    return decodeURIComponent(mark);
  } catch {
    return mark;
  }
}
