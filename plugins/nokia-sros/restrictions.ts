// Blocked, out of balance, switched off: what the session gets while one of them holds, and when none does any more.
import { dropRestriction, gone, keepRestriction, type Restriction, refuse, restrictionsOf } from '#plugin-sdk';
import type { Device, Input } from './options.ts';
import { end, tell } from './tell.ts';
import { wantedOf } from './wanted.ts';

export async function restrict(input: Input, device: Device, reason: Restriction): Promise<void> {
  const key = keyOf(input);
  if (!(await keepRestriction(device.kv, key, reason)))
    input.log('There is no room to keep why it is restricted: the next hook that lifts any reason will lift this one.');
  const [first = reason] = await restrictionsOf(device.kv, key);
  await become(input, device, first);
}

export async function lift(input: Input, device: Device, reason: Restriction): Promise<void> {
  const key = keyOf(input);
  const held = await restrictionsOf(device.kv, key);
  const left = held.filter((one) => one !== reason);
  const [first] = left;
  if (first !== undefined) {
    if (first !== held[0]) await goneOf(become(input, device, first));
    await dropRestriction(device.kv, key, reason);
    throw gone(`It stays restricted: ${left.join(', ')}.`);
  }
  // Billings send user_accept after each login: whom RADIUS let in is not sent away to be let in again.
  const isKnown = held.includes(reason) || input.options.states.free !== undefined;
  if (!isKnown) throw gone('It is not restricted as far as is known: its session goes on as RADIUS made it.');
  const isGone = await goneOf(become(input, device, 'free'));
  await dropRestriction(device.kv, key, reason);
  if (isGone !== undefined) throw isGone;
}

/** Whoever is offline is told by RADIUS, and what was kept of him is dropped all the same: then it returns the verdict that says so. */
async function goneOf(telling: Promise<void>): Promise<unknown> {
  try {
    await telling;
    return undefined;
  } catch (error) {
    const isGone = typeof error === 'object' && error !== null && Reflect.get(error, 'verdict') === 'gone';
    if (!isGone) throw error;
    return error;
  }
}

async function become(input: Input, device: Device, state: Restriction | 'free'): Promise<void> {
  const change = input.options.states[state];
  if (change === undefined) await end(input, device);
  else await tell(input, device, wantedOf(input, change));
}

export function keyOf({ account }: Input): string {
  const key = account['user_id'] ?? '';
  if (key === '' || key.length > 64 || /\p{Cc}/u.test(key)) throw refuse('The user_id is none to keep anything by.');
  return key;
}
