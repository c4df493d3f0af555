// Blocked, out of balance, switched off: L4-Redirect where the box has it, else a new login that RADIUS answers otherwise.
import { gone } from '#plugin-sdk';
import { attributeValue } from './attribute-value.ts';
import { type Device, hasCli, type Input, type Reason } from './options.ts';
import { change, end } from './requests.ts';
import type { AccelSession } from './sessions.ts';

export async function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  const { redirect } = input.options;
  if (redirect === undefined) return end(input, device, { isMeant: (session) => !isRestricted(input, session) });
  const { attribute, set_attribute: setAttribute } = redirect;
  const set = redirect.sets?.[reason];
  await change(input, device, {
    [attribute]: attributeValue(attribute, 1),
    ...(setAttribute !== undefined && set !== undefined && { [setAttribute]: attributeValue(setAttribute, set) }),
  });
}

export async function lift(input: Input, device: Device): Promise<void> {
  const { redirect, restricted_pools: pools = [] } = input.options;
  if (redirect?.lift === 'coa') {
    const { attribute } = redirect;
    return change(input, device, { [attribute]: attributeValue(attribute, 0) });
  }
  if (pools.length > 0 && hasCli(device))
    return end(input, device, { isMeant: (session) => isRestricted(input, session) });
  // Billings send it after each login: who is cut then logs in again, and is cut again.
  if (input.hook === 'user_accept')
    throw gone('Whether its session is restricted is not seen without restricted_pools: it goes on as RADIUS made it.');
  await end(input, device);
}

function isRestricted({ options }: Input, { ip }: AccelSession): boolean {
  return (options.restricted_pools ?? []).some((pool) => contains(pool, ip));
}

function contains(pool: string, ip: string): boolean {
  const [network = '', length = '32'] = pool.split('/');
  const [first, address] = [numberOf(network), numberOf(ip)];
  const size = 2 ** (32 - Number(length));
  return first !== null && address !== null && Math.floor(first / size) === Math.floor(address / size);
}

function numberOf(ip: string): number | null {
  const octets = ip.split('.').map(Number);
  if (octets.length !== 4 || octets.some((octet) => !(octet >= 0 && octet <= 255))) return null;
  return octets.reduce((number, octet) => number * 256 + octet, 0);
}
