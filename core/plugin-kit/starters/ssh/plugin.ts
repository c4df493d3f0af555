// ACME over SSH: which hook ensures what. A hook says what should be, so that it may be run twice, and again after a failure.
import { definePlugin, gone, isDeviceError, refuse, sh } from '#plugin-sdk';
import type { Options } from './options.ts';
import type manifest from './plugin.json';
import { entryOf } from './show.ts';

/** How the box says that it has no such subscriber. */
const unknownSubscriber = 3;

export default definePlugin<typeof manifest, Options>({
  hooks: {
    async user_add({ account, options }, device) {
      const { user_id = '', ip = '' } = account;
      if (ip === '') throw refuse('The account has no address.');
      await device.ssh.run(sh`subscriber set -- ${user_id} ${ip} ${options.service}`);
    },

    async user_del({ account: { user_id = '' } }, device) {
      await orGone(device.ssh.run(sh`subscriber delete -- ${user_id}`));
    },

    async user_drop({ account: { user_id = '' } }, device) {
      await orGone(device.ssh.run(sh`subscriber block -- ${user_id}`));
    },

    async user_accept({ account: { user_id = '' } }, device) {
      await orGone(device.ssh.run(sh`subscriber unblock -- ${user_id}`));
    },

    async user_info({ account: { user_id = '' } }, device) {
      const { stdout } = await orGone(device.ssh.read(sh`show subscriber -- ${user_id}`));
      return { text: stdout, ...entryOf(stdout) };
    },
  },

  /** Runs before a new profile goes into force: read something harmless. */
  async selfTest(device) {
    await device.ssh.read('show version');
  },
});

async function orGone<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (isDeviceError(error) && error.details['exitCode'] === unknownSubscriber)
      throw gone('The box has no such subscriber.');
    throw error;
  }
}
