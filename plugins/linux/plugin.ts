// A Linux router over SSH: which hook ensures what, in nftables sets and HTB classes.
import { definePlugin, gone } from '#plugin-sdk';
import { apply } from './apply.ts';
import { translate, untranslate } from './nat.ts';
import { asRoot, type Device, type Input, type LinuxOptions } from './options.ts';
import type manifest from './plugin.json';
import { pppSessions } from './ppp-sessions.ts';
import { ownerOnRouter, userGetMac, userInfo, userTest } from './reports.ts';
import type { FlagSet } from './ruleset.ts';
import { enrol, join, leave, leaveAll } from './sets.ts';
import { offeredRates, removeRates, setRates } from './shaping.ts';
import { isAuthorisedByAddress, ownerMarkOf, ownerOfMark } from './subscriber.ts';
import { usersFromNas } from './users.ts';

const loginOf = (input: Input) => (isAuthorisedByAddress(input) ? join(input, 'online') : []);
const enter = (set: FlagSet) => (input: Input, device: Device) => apply(input, device, { nft: join(input, set) });
const exit = (set: FlagSet) => (input: Input, device: Device) => apply(input, device, { nft: leave(input, set) });

export default definePlugin<typeof manifest, LinuxOptions>({
  hooks: {
    // A changed address comes as user_del and user_add alone, so the speed that comes along is all that it gets.
    user_add(input, device) {
      const { nft, ...shaping } = offeredRates(input);
      const nat = translate(input);
      return apply(input, device, {
        ...shaping,
        ...nat,
        nft: [...enrol(input), ...loginOf(input), ...nft, ...nat.nft],
      });
    },

    async user_del(input, device) {
      const { owner, snatip } = await ownerOnRouter(input, device);
      // Another account got the address meanwhile: its traces are not ours to remove.
      if (owner && owner !== ownerMarkOf(input))
        throw gone(`The address belongs to account ${ownerOfMark(owner)} now.`);
      const { nft, after = [] } = removeRates(input);
      const nat = untranslate(input, snatip);
      await apply(input, device, { ...nat, nft: [...leaveAll(input), ...nft, ...nat.nft], after });
    },

    // Nothing here hangs on other fields: those that matter come as user_del and user_add, or with their own hooks.
    user_edit: () => undefined,

    user_drop: enter('blocked'),
    user_accept: (input, device) => apply(input, device, { nft: [...leave(input, 'blocked'), ...loginOf(input)] }),
    user_redirect: enter('no_balance'),
    user_redirect_cancel: exit('no_balance'),
    own_disabled: enter('own_disabled'),
    own_disabled_cancel: exit('own_disabled'),
    user_auth: enter('online'),
    user_disconnect: exit('online'),

    user_rate_set: (input, device) => apply(input, device, setRates(input)),
    user_rate_set_cancel: (input, device) => apply(input, device, removeRates(input)),

    user_info: userInfo,
    user_test: userTest,
    user_get_mac: userGetMac,
    users_from_nas: usersFromNas,
  },

  async selfTest(device, { options }) {
    const nft = await device.ssh.read(asRoot(options, 'nft --version'));
    const tc = await device.ssh.read('tc -V');
    return { nft: nft.stdout.trim(), tc: tc.stdout.trim() };
  },

  listSessions: (device, { options }) => pppSessions(device, options),

  async uptime(device) {
    const { stdout } = await device.ssh.read('cat /proc/uptime');
    return Number(/^[\d.]+/.exec(stdout)?.[0]);
  },
});
