// All PPP and hotspot sessions of the box, in the words of its accounting.
import type { BoxSession, RouterOsRow } from '#plugin-sdk';
import type { Device } from './options.ts';
import { isRefusal } from './sessions.ts';
import { secondsOf } from './uptime.ts';

export async function* pagesOfSessions(device: Device): AsyncGenerator<BoxSession[], void> {
  const columns = ['name', 'caller-id', 'address', 'uptime', 'session-id', 'radius'];
  for await (const rows of device.routeros.pages('/ppp/active', {}, columns)) yield sessionsOf(rows);
  try {
    for await (const rows of device.routeros.pages('/ip/hotspot/active')) yield sessionsOf(rows);
  } catch (error) {
    // RouterOS 7 has the hotspot as a package of its own: a box without it refuses the menu, and has no such sessions.
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
