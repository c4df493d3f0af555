// All PPP and hotspot sessions of the box, in the words of its accounting.
import type { BoxSession, Device, RouterOsRow } from '#plugin-sdk';
import { printHotspot } from './sessions.ts';

export async function listSessions(device: Device): Promise<readonly BoxSession[]> {
  const columns = ['name', 'caller-id', 'address', 'uptime', 'session-id', 'radius'];
  const ppp = await device.routeros.print('/ppp/active', {}, columns);
  const hotspot = await printHotspot(device, {});
  // Secrets and hotspot users of the box itself have no accounting.
  return [...ppp, ...hotspot].filter(({ radius }) => radius !== 'false').map(sessionOf);
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

const units: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };

/** `1w2d3h4m5s`; older versions print `2d03:04:05`. */
function secondsOf(uptime: string): number {
  const [, days = '', hours = 0, minutes = 0, seconds = 0] = /^(.*?)(?:(\d+):(\d+):(\d+))?$/.exec(uptime) ?? [];
  let total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  for (const [, amount, unit] of days.matchAll(/(\d+)([wdhms])/g)) total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
}
