// Blocked, out of balance, switched off, and back: services where the profile has them, else a new login that RADIUS answers otherwise.
import { gone } from '#plugin-sdk';
import { apply } from './apply.ts';
import { end } from './identity.ts';
import type { Device, Input, Reason } from './options.ts';
import { familyNames, servicesOf } from './services.ts';

export async function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  const on = servicesOf(input, reason);
  if (on.length === 0) return end(input, device);
  await apply(input, device, { off: familyNames(input, 'internet'), on });
}

export async function lift(input: Input, device: Device, reason: Reason): Promise<void> {
  const off = familyNames(input, reason);
  const hasInternet = familyNames(input, 'internet').length > 0;
  if (off.length > 0 && (!hasInternet || input.options.lift === 'coa'))
    return apply(input, device, { off, on: servicesOf(input, 'internet') });
  // Billings send it after each login: who is cut then logs in again, and is cut again.
  if (input.hook === 'user_accept')
    throw gone('Whether its session is restricted cannot be seen: it goes on as RADIUS made it.');
  await end(input, device);
}
