// Who an account is on the box: its address, the mark on everything of its own, and how it logs in.
import { type HookInput, refuse } from '#plugin-sdk';
import { ipAuthTypesOf, type MikrotikOptions, radiusAuthTypesOf } from './options.ts';

export type Input = HookInput<MikrotikOptions>;
export type Account = Input['account'];

const mark = 'ossia:';

/** The comment on rows of this account: they are found by it even when the address has changed or is gone. */
export function ownerOf(account: Account): string {
  return `${mark}${account['user_id'] ?? ''}`;
}

/** Whose `user_id` a row's comment names; empty for rows of older schemes. */
export function ownerIdOf(comment: string | undefined): string {
  return comment?.startsWith(mark) ? comment.slice(mark.length) : '';
}

/** Whether the row belongs to another account, which got the address meanwhile. Rows of older schemes belong to nobody. */
export function isForeign(comment: string | undefined, account: Account): boolean {
  return (comment ?? '').startsWith(mark) && comment !== ownerOf(account);
}

export function loginOf(account: Account): string {
  const login = account['login'];
  if (!login) throw refuse('The event carries no login, and a RADIUS session is found by nothing else.');
  return login;
}

export function isRadius({ account, options }: Input): boolean {
  return radiusAuthTypesOf(options).includes(account['auth_type'] ?? '');
}

/** Logged in by having the address, without any login. */
export function isAuthorisedByAddress({ account, options }: Input): boolean {
  return ipAuthTypesOf(options).includes(account['auth_type'] ?? '');
}

/** A RADIUS account without an address of its own gets a different one at each login, so a list must not name it. */
export function isDynamic(input: Input): boolean {
  return isRadius(input) && !input.account['ip'];
}

/** As RouterOS prints it in an address list: `10.1.2.3`, or `10.1.2.0/29` with the host bits cleared. Refuses what is none. */
export function addressOf(account: Account): string {
  const ip = account['ip'];
  if (!ip) throw refuse('The event carries no ip, and this account is known to the box by nothing else.');
  const address = canonical(ip);
  if (address === null) {
    throw refuse(
      `The ip ${JSON.stringify(ip.slice(0, 60))} is no IPv4 address or network; others are not handled here.`,
    );
  }
  return address;
}

/** The address when there is a usable one; for removing, where the mark alone will do. */
export function knownAddressOf(account: Account): string | null {
  return canonical(account['ip'] ?? '');
}

function canonical(ip: string): string | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(ip);
  if (parts === null) return null;
  const octets = parts.slice(1, 5).map(Number);
  const bits = Number(parts[5] ?? 32);
  // Nothing shorter than /8 is one subscriber's: a wrong `0.0.0.0/0` would block everybody.
  if (octets.some((octet) => octet > 255) || bits > 32 || bits < 8) return null;
  const masked = octets.map(
    (octet, index) => octet & (0xff << Math.min(8, Math.max(0, 8 * (index + 1) - bits))) & 0xff,
  );
  return masked.join('.') + (bits === 32 ? '' : `/${bits}`);
}
