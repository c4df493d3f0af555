// Times as RouterOS prints them, and how long the box runs.
import type { Device } from './options.ts';

export async function uptime(device: Device): Promise<number> {
  const [resource] = await device.routeros.print('/system/resource', {}, ['uptime']);
  const text = resource?.['uptime'] ?? '';
  if (!/\d/.test(text)) throw new Error(`The box tells no uptime, but ${JSON.stringify(text.slice(0, 40))}.`);
  return secondsOf(text);
}

const units: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 };

/** `1w2d3h4m5s`; older versions print `2d03:04:05`. */
export function secondsOf(text: string): number {
  const [, days = '', hours = 0, minutes = 0, seconds = 0] = /^(.*?)(?:(\d+):(\d+):(\d+))?$/.exec(text) ?? [];
  let total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  for (const [, amount, unit] of days.matchAll(/(\d+)([wdhms])/g)) total += Number(amount) * (units[unit ?? ''] ?? 0);
  return total;
}
