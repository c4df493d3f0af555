// Blocked, out of balance, switched off, and back: services where the profile has them, else a new login that RADIUS answers otherwise.
import { dropRestriction, gone, goneOf, keepRestriction, restrictionKey, restrictionsOf } from '#plugin-sdk';
import { apply } from './apply.ts';
import { end } from './identity.ts';
import type { Device, Input, Reason } from './options.ts';
import { familyNames, servicesOf } from './services.ts';

export async function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  const on = servicesOf(input, reason);
  if (!(await keepRestriction(device.kv, restrictionKey(input), reason)))
    input.log('There is no room to keep why it is restricted: the next hook that lifts any reason will lift this one.');
  if (on.length === 0) return end(input, device);
  await apply(input, device, { off: familyNames(input, 'internet'), on });
}

export async function lift(input: Input, device: Device, reason: Reason): Promise<void> {
  const key = restrictionKey(input);
  const held = await restrictionsOf(device.kv, key);
  const left = held.filter((one) => one !== reason);
  const verdict = await goneOf(
    free(input, device, { reason, isKnown: held.includes(reason), isLast: left.length === 0 }),
  );
  // Only now: until the box took it, the next attempt has to do the same.
  await dropRestriction(device.kv, key, reason);
  if (left.length > 0) throw gone(`It stays restricted: ${left.join(', ')}.`);
  if (verdict !== undefined) throw verdict;
}

interface Lifting {
  readonly reason: Reason;
  /** The box was told of it here. */
  readonly isKnown: boolean;
  /** No other reason holds. */
  readonly isLast: boolean;
}

async function free(input: Input, device: Device, { reason, isKnown, isLast }: Lifting): Promise<void> {
  const off = familyNames(input, reason);
  const hasInternet = familyNames(input, 'internet').length > 0;
  if (off.length > 0 && (!hasInternet || !isLast)) return apply(input, device, { off, on: [] });
  // Another reason that RADIUS knows as well: a new login would change nothing.
  if (!isLast) return;
  if (off.length > 0 && input.options.lift === 'coa')
    return apply(input, device, { off, on: servicesOf(input, 'internet') });
  // Billings send it after each login: whom RADIUS let in would be sent away.
  if (input.hook === 'user_accept' && !isKnown)
    throw gone('It is not restricted as far as is known: its session goes on as RADIUS made it.');
  await end(input, device);
}
