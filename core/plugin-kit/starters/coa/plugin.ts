// ACME by RADIUS CoA: which hook ensures what of a live session. Who is not online gets it all from RADIUS when he logs in.
import { definePlugin, gone, isDeviceError, refuse } from '#plugin-sdk';
import type { Options } from './options.ts';
import type manifest from './plugin.json';

export default definePlugin<typeof manifest, Options>({
  hooks: {
    user_add() {
      throw gone('Nothing to add: RADIUS gives it everything at login.');
    },
    user_del: ({ account }, device) => orGone(device.coa.disconnect({ 'User-Name': loginOf(account) })),
    user_disconnect: ({ account }, device) => orGone(device.coa.disconnect({ 'User-Name': loginOf(account) })),

    user_drop: ({ account, options }, device) =>
      orGone(device.coa.coa({ 'User-Name': loginOf(account), 'Filter-Id': options.blocked })),
    user_accept: ({ account, options }, device) =>
      orGone(device.coa.coa({ 'User-Name': loginOf(account), 'Filter-Id': options.open })),
  },
});

function loginOf({ login }: Readonly<Record<string, string>>): string {
  if (!login) throw refuse('The account has no login.');
  return login;
}

async function orGone(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (isDeviceError(error) && error.code === 'session_not_found') throw gone('He is not online.');
    throw error;
  }
}
