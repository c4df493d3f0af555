// ACME by its command line: which hook ensures what. A hook says what should be, so that it may be run twice, and again after a failure.
import { cli, definePlugin, gone, isDeviceError, refuse } from '#plugin-sdk';
import type { Options } from './options.ts';
import type manifest from './plugin.json';
import { entryOf } from './show.ts';

/** How the box says that it has no such subscriber. */
const unknownSubscriber = /no such subscriber/i;

export default definePlugin<typeof manifest, Options>({
  hooks: {
    async user_add({ account, options }, device) {
      const { user_id = '', ip = '' } = account;
      if (ip === '') throw refuse('The account has no address.');
      await device.cli.run(cli`subscriber set ${user_id} ${ip} ${options.service}`);
    },

    async user_del({ account: { user_id = '' } }, device) {
      await orGone(device.cli.run(cli`subscriber delete ${user_id}`));
    },

    async user_drop({ account: { user_id = '' } }, device) {
      await orGone(device.cli.run(cli`subscriber block ${user_id}`));
    },

    async user_accept({ account: { user_id = '' } }, device) {
      await orGone(device.cli.run(cli`subscriber unblock ${user_id}`));
    },

    async user_info({ account: { user_id = '' } }, device) {
      const text = await orGone(device.cli.read(cli`show subscriber ${user_id}`));
      return { text, ...entryOf(text) };
    },
  },

  /** Runs before a new profile goes into force: read something harmless. */
  async selfTest(device) {
    await device.cli.read(cli`show version`);
  },
});

async function orGone<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (isDeviceError(error) && unknownSubscriber.test(error.said ?? '')) throw gone('The box has no such subscriber.');
    throw error;
  }
}
