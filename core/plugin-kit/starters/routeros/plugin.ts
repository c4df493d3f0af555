// ACME over the RouterOS API: which hook ensures what. A hook says what should be, so that it may be run twice, and after a failure.
import { definePlugin, gone, refuse } from '#plugin-sdk';
import type { Options } from './options.ts';
import type manifest from './plugin.json';

const menu = '/ip/firewall/address-list';

export default definePlugin<typeof manifest, Options>({
  hooks: {
    async user_add({ account, options }, device) {
      await device.routeros.ensure(
        menu,
        { list: options.list, comment: idOf(account) },
        { address: addressOf(account) },
      );
    },

    async user_del({ account, options }, device) {
      const comment = idOf(account);
      const removed =
        (await device.routeros.ensureAbsent(menu, { list: options.list, comment })) +
        (await device.routeros.ensureAbsent(menu, { list: options.blocked, comment }));
      if (removed === 0) throw gone('The box has nothing of this account.');
    },

    async user_drop({ account, options }, device) {
      const key = { list: options.blocked, comment: idOf(account) };
      await device.routeros.ensure(menu, key, { address: addressOf(account) });
    },

    async user_accept({ account, options }, device) {
      await device.routeros.ensureAbsent(menu, { list: options.blocked, comment: idOf(account) });
    },

    async user_info({ account, options }, device) {
      const rows = await device.routeros.print(menu, { comment: idOf(account) });
      if (rows.length === 0) throw gone('The box has nothing of this account.');
      return { ip: rows[0]?.['address'] ?? '', blocked: rows.some(({ list }) => list === options.blocked) };
    },
  },

  /** Runs before a new profile goes into force: read something harmless. */
  async selfTest(device) {
    await device.routeros.print('/system/resource');
  },
});

type Account = Readonly<Record<string, string>>;

/** Found by this again, whatever address it has by then. */
function idOf({ user_id }: Account): string {
  if (!user_id) throw refuse('The account has no user_id.');
  return `ossia ${user_id}`;
}

function addressOf({ ip }: Account): string {
  if (!ip) throw refuse('The account has no address.');
  return ip;
}
