// ACME by an old program: one call for each hook. Values go by environment alone, where none of them can become an option or a command.
import { type CommandResult, definePlugin, gone, isDeviceError, refuse } from '#plugin-sdk';
import type { Device, Options } from './options.ts';
import type manifest from './plugin.json';

/** How the program says that the box has no such subscriber. */
const unknownSubscriber = 3;

export default definePlugin<typeof manifest, Options>({
  hooks: {
    async user_add({ account, options }, device) {
      const { user_id = '', ip = '' } = account;
      if (ip === '') throw refuse('The account has no address.');
      await call(device, 'user_add', { user_id, ip, service: options.service });
    },
    user_del: ({ account: { user_id = '' } }, device) => call(device, 'user_del', { user_id }),
    user_drop: ({ account: { user_id = '' } }, device) => call(device, 'user_drop', { user_id }),
    user_accept: ({ account: { user_id = '' } }, device) => call(device, 'user_accept', { user_id }),

    async user_info({ account: { user_id = '' } }, device) {
      return { text: (await call(device, 'user_info', { user_id }))?.stdout ?? '' };
    },
  },
});

/** In a dry run the call is only written down, and answers nothing. */
async function call(device: Device, hook: string, values: Record<string, string>): Promise<CommandResult | null> {
  try {
    return await device.script.run('acme', [hook], values);
  } catch (error) {
    if (isDeviceError(error) && error.details['exitCode'] === unknownSubscriber)
      throw gone('The box has no such subscriber.');
    throw error;
  }
}
