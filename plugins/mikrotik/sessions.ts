// RADIUS sessions on the box: ended by Disconnect, their speed changed by CoA.
import { type RadiusAttributes, type RouterOsRow, refuse } from '#plugin-sdk';
import type { Device } from './options.ts';
import { rateLimitOf } from './queues.ts';
import { type Input, knownAddressOf, loginOf } from './subscriber.ts';

/** Ends the account's session, whichever it is now. Returns whether there was one. */
export async function disconnect(input: Input, device: Device): Promise<boolean> {
  if (!hasCoa(device)) return disconnectByApi(input, device);
  return onSession(input, device, (identity) => device.coa.disconnect(identity));
}

/**
 * Ends the session that the event is about. One that is born of an Accounting-Stop names it, and by the time that we come the
 * subscriber may be online again: his new session must live.
 */
export async function disconnectThat(input: Input, device: Device): Promise<boolean> {
  const id = input.account['acct_session_id'];
  if (!id || !hasCoa(device)) return disconnect(input, device);
  const identity = { 'User-Name': loginOf(input.account), 'Acct-Session-Id': id };
  const send = (attributes: RadiusAttributes) => device.coa.disconnect(attributes);
  return (await isFound(send(identity))) || onHotspot(input, device, { identity, send });
}

/** Changes the speed of a running session. Returns whether there was one. */
export async function changeSessionRate(input: Input, device: Device): Promise<boolean> {
  if (!hasCoa(device))
    throw refuse('The profile has no coa section, and a session without a fixed ip is not shaped otherwise.');
  const limit = { 'Mikrotik-Rate-Limit': rateLimitOf(input) };
  return onSession(input, device, (identity) => device.coa.coa({ ...identity, ...limit }));
}

type Send = (identity: RadiusAttributes) => Promise<unknown>;

/**
 * All that is given must match, and the billing's address need not be the session's: so after a miss the login alone is tried, and
 * then the address that the hotspot says.
 */
async function onSession(input: Input, device: Device, send: Send): Promise<boolean> {
  const byLogin: RadiusAttributes = { 'User-Name': loginOf(input.account) };
  const address = knownAddressOf(input.account);
  const isHost = address !== null && !address.includes('/');
  if (isHost && (await isFound(send({ ...byLogin, 'Framed-IP-Address': address })))) return true;
  return (await isFound(send(byLogin))) || onHotspot(input, device, { identity: byLogin, send });
}

/** A hotspot session is found only with its address. */
async function onHotspot(
  { account }: Input,
  device: Device,
  { identity, send }: { readonly identity: RadiusAttributes; readonly send: Send },
): Promise<boolean> {
  let isAny = false;
  for (const { address = '' } of await printIfThere(device, '/ip/hotspot/active', { user: loginOf(account) }))
    if (address !== '' && (await isFound(send({ ...identity, 'Framed-IP-Address': address })))) isAny = true;
  return isAny;
}

async function isFound(sending: Promise<unknown>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    if (codeOf(error) === 'session_not_found') return false;
    throw error;
  }
}

export interface Session {
  readonly service: string;
  readonly address: string;
  readonly mac: string;
  readonly uptime: string;
}

/** The account's sessions of every kind, by its login; none when it has no login. */
export async function activeSessions({ account }: Input, device: Device): Promise<Session[]> {
  const login = account['login'];
  if (!login) return [];
  const ppp = await device.routeros.print('/ppp/active', { name: login });
  const hotspot = await printIfThere(device, '/ip/hotspot/active', { user: login });
  return [...ppp, ...hotspot].map((row) => ({
    service: row['service'] ?? 'hotspot',
    address: row['address'] ?? '',
    mac: row['caller-id'] ?? row['mac-address'] ?? '',
    uptime: row['uptime'] ?? '',
  }));
}

/** For a profile without a coa section. */
async function disconnectByApi({ account }: Input, device: Device): Promise<boolean> {
  const login = loginOf(account);
  const ppp = await device.routeros.print('/ppp/active', { name: login }, ['.id']);
  const hotspot = await printIfThere(device, '/ip/hotspot/active', { user: login });
  if (ppp.length > 0) await device.routeros.ensureAbsent('/ppp/active', { name: login });
  if (hotspot.length > 0) await device.routeros.ensureAbsent('/ip/hotspot/active', { user: login });
  return ppp.length + hotspot.length > 0;
}

/** Hotspot and DHCP server can be missing, as packages of their own: a box without one refuses the menu, and has no such rows. */
export async function printIfThere(device: Device, menu: string, where: RouterOsRow): Promise<RouterOsRow[]> {
  try {
    return await device.routeros.print(menu, where);
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

export function isRefusal(error: unknown): boolean {
  return codeOf(error) === 'nas_refused';
}

function hasCoa(device: Partial<Device>): boolean {
  return device.coa !== undefined;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
