// ACME over HTTP: which hook ensures what. A hook says what should be, so that it may be run twice, and again after a failure.
import { definePlugin, gone, isDeviceError, refuse } from '#plugin-sdk';
import type { Device, Options } from './options.ts';
import type manifest from './plugin.json';

export default definePlugin<typeof manifest, Options>({
  hooks: {
    async user_add({ account, options }, device) {
      const { user_id = '', ip = '' } = account;
      if (ip === '') throw refuse('The account has no address.');
      await device.http.send('PUT', ['subscribers', user_id], { json: { ip, service: options.service } });
    },

    async user_del({ account: { user_id = '' } }, device) {
      await orGone(device.http.send('DELETE', ['subscribers', user_id]));
    },

    user_drop: ({ account }, device) => setBlocked(account, device, true),
    user_accept: ({ account }, device) => setBlocked(account, device, false),

    async user_info({ account: { user_id = '' } }, device) {
      const { body } = await orGone(device.http.read('GET', ['subscribers', user_id]));
      return { subscriber: body };
    },
  },

  /** Runs before a new profile goes into force: read something harmless. */
  async selfTest(device) {
    await device.http.read('GET', ['status']);
  },
});

async function setBlocked(account: Readonly<Record<string, string>>, device: Device, blocked: boolean): Promise<void> {
  const { user_id = '' } = account;
  await orGone(device.http.send('PUT', ['subscribers', user_id, 'access'], { json: { blocked } }));
}

async function orGone<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (isDeviceError(error) && error.details['status'] === 404) throw gone('The box has no such subscriber.');
    throw error;
  }
}
