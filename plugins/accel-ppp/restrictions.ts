// Blocked, out of balance, switched off: L4-Redirect where the box has it, else a new login that RADIUS answers otherwise.
import { lift as free, restrict as keepOut, type Restricting } from '#plugin-sdk';
import { attributeValue } from './attribute-value.ts';
import { type Device, hasCli, type Input, type Reason } from './options.ts';
import { change, end } from './requests.ts';
import type { AccelSession } from './sessions.ts';

export function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  return keepOut(restricting(input, device), reason);
}

/** Billings send user_accept after each login: a session is not ended for it that is neither known nor seen to be restricted. */
export function lift(input: Input, device: Device, reason: Reason): Promise<void> {
  const { redirect } = input.options;
  const freesUnknown = redirect?.lift === 'coa' || input.hook !== 'user_accept' || showsRestricted(input, device);
  return free(restricting(input, device), reason, { freesUnknown });
}

function restricting(input: Input, device: Device): Restricting {
  return {
    input,
    kv: device.kv,
    async become(state, held) {
      if (state === 'free') await open(input, device, { isKnown: held.length > 0 });
      else await shut(input, device, state);
    },
  };
}

async function shut(input: Input, device: Device, reason: Reason): Promise<void> {
  const { redirect } = input.options;
  if (redirect === undefined) return end(input, device, { isMeant: (session) => !isRestricted(input, session) });
  const { attribute, set_attribute: setAttribute } = redirect;
  const set = redirect.sets?.[reason];
  await change(input, device, {
    [attribute]: attributeValue(attribute, 1),
    ...(setAttribute !== undefined && set !== undefined && { [setAttribute]: attributeValue(setAttribute, set) }),
  });
}

async function open(input: Input, device: Device, { isKnown }: { readonly isKnown: boolean }): Promise<void> {
  const { redirect } = input.options;
  if (redirect?.lift === 'coa') {
    const { attribute } = redirect;
    return change(input, device, { [attribute]: attributeValue(attribute, 0) });
  }
  // Who was redirected here has an address like any other.
  const isSeen = showsRestricted(input, device) && !(isKnown && redirect !== undefined);
  await end(input, device, isSeen ? { isMeant: (session) => isRestricted(input, session) } : undefined);
}

/** Whether a session's address says that it is restricted. */
function showsRestricted({ options }: Input, device: Device): boolean {
  return (options.restricted_pools ?? []).length > 0 && hasCli(device);
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
