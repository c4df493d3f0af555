// Why an account is blocked: a middleware has one switch, the billing three reasons, and only the last of them to go may open it.
import { isDeviceError } from '#plugin-sdk';
import type { Device } from './options.ts';

export const reasons = ['blocked', 'no_balance', 'own_disabled'] as const;
export type Reason = (typeof reasons)[number];

const folder = 'reasons/';

function placeOf(key: string): string {
  return `${folder}${key.replace(/[%/]/g, encodeURIComponent)}/`;
}

/** False: there is no room for it, and the block is known by the middleware alone. */
export async function keepReason(device: Device, key: string, reason: Reason): Promise<boolean> {
  try {
    await device.kv.set(placeOf(key) + reason, true);
    return true;
  } catch (error) {
    if (isDeviceError(error) && error.code === 'kv_full') return false;
    throw error;
  }
}

export function dropReason(device: Device, key: string, reason: Reason): Promise<void> {
  return device.kv.delete(placeOf(key) + reason);
}

export async function reasonsOf(device: Device, key: string): Promise<readonly Reason[]> {
  const place = placeOf(key);
  const kept = await device.kv.list(place);
  return reasons.filter((reason) => kept.includes(place + reason));
}

export async function forgetReasons(device: Device, key: string): Promise<void> {
  for (const reason of await reasonsOf(device, key)) await dropReason(device, key, reason);
}

/** Of all accounts, by their keys. */
export async function allReasons(device: Device): Promise<ReadonlyMap<string, readonly Reason[]>> {
  const all = new Map<string, Reason[]>();
  for (const entry of await device.kv.list(folder)) {
    const [key = '', name = ''] = entry.slice(folder.length).split('/');
    const reason = reasons.find((one) => one === name);
    const own = key.replaceAll('%2F', '/').replaceAll('%25', '%');
    if (reason !== undefined) all.set(own, [...(all.get(own) ?? []), reason]);
  }
  return all;
}
