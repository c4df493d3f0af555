// Why an account is kept out: many a box has one switch or page, the billing three reasons, and only the last of them to go may open it.
import type { KvDevice } from './device.ts';
import { isDeviceError } from './device-error.ts';

/** `user_drop`, `user_redirect`, `own_disabled`; of several that hold, the first is the one to show. */
export const restrictions = ['blocked', 'no_balance', 'own_disabled'] as const;

/** One of them. */
export type Restriction = (typeof restrictions)[number];

/** `plugin.json` asks for `"kv": ["list reasons/*", "set reasons/*", "delete reasons/*"]`. */
type Kept = Pick<KvDevice, 'list' | 'set' | 'delete'>;

const folder = 'reasons/';

function placeOf(key: string): string {
  return `${folder}${key.replace(/[%/]/g, encodeURIComponent)}/`;
}

/**
 * Keeps that it holds for the account, by a key of up to 100 characters without control characters. False: there is no room for it, and
 * whatever lifts any restriction later will lift this one too.
 */
export async function keepRestriction(kv: Kept, key: string, restriction: Restriction): Promise<boolean> {
  try {
    await kv.set(placeOf(key) + restriction, true);
    return true;
  } catch (error) {
    if (isDeviceError(error) && error.code === 'kv_full') return false;
    throw error;
  }
}

/** It holds no more. */
export function dropRestriction(kv: Kept, key: string, restriction: Restriction): Promise<void> {
  return kv.delete(placeOf(key) + restriction);
}

/** Those that hold for the account, the one to show first. */
export async function restrictionsOf(kv: Kept, key: string): Promise<readonly Restriction[]> {
  const place = placeOf(key);
  const kept = await kv.list(place);
  return restrictions.filter((restriction) => kept.includes(place + restriction));
}

/** None holds: the account is gone. */
export async function forgetRestrictions(kv: Kept, key: string): Promise<void> {
  for (const restriction of await restrictionsOf(kv, key)) await dropRestriction(kv, key, restriction);
}

/** Of all accounts, by their keys. */
export async function allRestrictions(kv: Kept): Promise<ReadonlyMap<string, readonly Restriction[]>> {
  const all = new Map<string, Restriction[]>();
  for (const entry of await kv.list(folder)) {
    const [place = '', name = ''] = entry.slice(folder.length).split('/');
    const restriction = restrictions.find((one) => one === name);
    const key = place.replaceAll('%2F', '/').replaceAll('%25', '%');
    if (restriction !== undefined) all.set(key, [...(all.get(key) ?? []), restriction]);
  }
  return all;
}
