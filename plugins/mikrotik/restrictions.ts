// Blocked, out of balance, switched off: a list for who has an address, a new login for who gets one from RADIUS.
import { gone } from '#plugin-sdk';
import { listMenu } from './address-lists.ts';
import { putOn, takeOff } from './bindings.ts';
import { type Device, type ListRole, listsOf } from './options.ts';
import { activeSessions, disconnect } from './sessions.ts';
import { type Input, isDynamic } from './subscriber.ts';

export const noSession = 'The account has no session; the RADIUS answer to its next login decides.';

export async function restrict(input: Input, device: Device, role: ListRole): Promise<void> {
  if (!isDynamic(input)) return putOn(input, device, role);
  if ((await standingOf(input, device, role)) !== 'listed') await renewSession(input, device);
}

export async function allow(input: Input, device: Device, role: ListRole): Promise<void> {
  if (!isDynamic(input)) {
    await takeOff(input, device, [role]);
    return;
  }
  // Billings send user_accept after each login: a session without the restriction must not be cut for it.
  if ((await standingOf(input, device, role)) === 'listed') await renewSession(input, device);
}

/** The session's policy came from RADIUS, and so will the next one's. */
export async function renewSession(input: Input, device: Device): Promise<void> {
  if (!(await disconnect(input, device))) throw gone(noSession);
}

/** Whether the RADIUS answer put the session's address on the list; only sessions that the API shows can be judged. */
async function standingOf(input: Input, device: Device, role: ListRole): Promise<'listed' | 'unlisted'> {
  const list = listsOf(input.options)[role];
  for (const { address } of await activeSessions(input, device)) {
    const rows = address === '' ? [] : await device.routeros.print(listMenu, { list, address }, ['.id']);
    if (rows.length > 0) return 'listed';
  }
  return 'unlisted';
}
