// Blocked, out of balance, switched off by its owner; and free again when none of these is left.
import { dropRestriction, gone, keepRestriction, type Restriction, restrictionsOf } from '#plugin-sdk';
import { keyOf, tell } from './accounts.ts';
import type { Device, Input } from './options.ts';

const noAccount = 'The middleware has no such account';

export async function restrict(input: Input, device: Device, reason: Restriction): Promise<void> {
  if (!(await keepRestriction(device.kv, keyOf(input), reason)))
    input.log('There is no room to keep why it is blocked: the next hook that lifts any reason will open it.');
  const answer = await tell(input, device, 'block');
  if (answer === null) throw gone('This middleware knows no blocks.');
  if (answer.is === 'absent') throw gone(`${noAccount}; it will be blocked when it is made.`);
}

export async function lift(input: Input, device: Device, reason: Restriction): Promise<void> {
  const key = keyOf(input);
  // A dry run forgets nothing, and this one is as good as forgotten.
  const left = (await restrictionsOf(device.kv, key)).filter((one) => one !== reason);
  await dropRestriction(device.kv, key, reason);
  if (left.length > 0) throw gone(`It stays blocked in the middleware: ${left.join(', ')}.`);
  const answer = await tell(input, device, 'unblock');
  if (answer === null) throw gone('This middleware knows no blocks.');
  if (answer.is === 'absent') throw gone(`${noAccount}.`);
}
