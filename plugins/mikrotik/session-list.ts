// All PPP, hotspot and DHCP sessions of the box, in the words of its accounting.
import type { BoxSession, RouterOsRow } from '#plugin-sdk';
import type { Device } from './options.ts';
import { isRefusal } from './sessions.ts';
import { secondsOf } from './uptime.ts';

export async function* allSessions(device: Device): AsyncGenerator<BoxSession[], void> {
  yield* pagesOfSessions(device);
  yield* pagesOfLeases(device);
}

/** Those that somebody logged in for. */
export async function* pagesOfSessions(device: Device): AsyncGenerator<BoxSession[], void> {
  const columns = ['name', 'caller-id', 'address', 'uptime', 'session-id', 'radius'];
  for await (const rows of device.routeros.pages('/ppp/active', {}, columns)) yield sessionsOf(rows);
  for await (const rows of pagesIfThere(device, '/ip/hotspot/active')) yield sessionsOf(rows);
}

/** IPoE: a lease that RADIUS answered for has accounting. Its name there is the MAC in some form, so it is known by MAC and address alone. */
async function* pagesOfLeases(device: Device): AsyncGenerator<BoxSession[], void> {
  const bound = { radius: 'true', status: 'bound' };
  const columns = ['active-address', 'active-mac-address'];
  for await (const rows of pagesIfThere(device, '/ip/dhcp-server/lease', bound, columns))
    yield rows.map((row) => ({
      acctSessionId: '',
      userName: '',
      framedIp: row['active-address'] ?? '',
      callingStationId: row['active-mac-address'] ?? '',
      uptime: 0,
    }));
}

/** Hotspot and DHCP server can be missing, as packages of their own: a box without one refuses the menu, and has no such sessions. */
async function* pagesIfThere(device: Device, menu: string, where?: RouterOsRow, columns?: readonly string[]) {
  try {
    yield* device.routeros.pages(menu, where, columns);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Secrets and hotspot users of the box itself have no accounting. */
function sessionsOf(rows: readonly RouterOsRow[]): BoxSession[] {
  return rows.filter(({ radius }) => radius !== 'false').map(sessionOf);
}

function sessionOf(row: RouterOsRow): BoxSession {
  return {
    // Printed as a number, 0x81100001; accounting carries the digits alone.
    acctSessionId: (row['session-id'] ?? '').replace(/^0x/i, ''),
    userName: row['name'] ?? row['user'] ?? '',
    framedIp: row['address'] ?? '',
    callingStationId: row['caller-id'] ?? row['mac-address'] ?? '',
    uptime: secondsOf(row['uptime'] ?? ''),
  };
}
