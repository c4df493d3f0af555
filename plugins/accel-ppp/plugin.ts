// accel-ppp: RADIUS gives a session everything at login; this changes it while it runs, or ends it where RADIUS has to decide anew.
import { definePlugin, forgetRestrictions, gone, restrictionKey } from '#plugin-sdk';
import { uptimeOf } from './cli.ts';
import { type AccelOptions, demandCli, hasCli } from './options.ts';
import type manifest from './plugin.json';
import { removeRate, setRate } from './rates.ts';
import { listSessions, userGetMac, userInfo, usersFromNas } from './reports.ts';
import { end, endThat } from './requests.ts';
import { lift, restrict } from './restrictions.ts';
import { pagesOfSessions } from './sessions.ts';

export default definePlugin<typeof manifest, AccelOptions>({
  hooks: {
    user_add: () => gone('Nothing to add: the RADIUS answer gives it everything at login.'),
    async user_del(input, device) {
      await forgetRestrictions(device.kv, restrictionKey(input));
      await end(input, device);
    },
    user_edit: () => undefined,

    user_drop: (input, device) => restrict(input, device, 'blocked'),
    user_accept: (input, device) => lift(input, device, 'blocked'),
    user_redirect: (input, device) => restrict(input, device, 'no_balance'),
    user_redirect_cancel: (input, device) => lift(input, device, 'no_balance'),
    own_disabled: (input, device) => restrict(input, device, 'own_disabled'),
    own_disabled_cancel: (input, device) => lift(input, device, 'own_disabled'),

    user_auth: () => gone('Nothing to do: who has a session is logged in.'),
    user_disconnect: endThat,

    user_rate_set: setRate,
    user_rate_set_cancel: removeRate,

    user_info: userInfo,
    user_get_mac: userGetMac,
    users_from_nas: usersFromNas,
  },

  /** Asks for nobody: that all columns are there, and that the command line answers. */
  async selfTest(device, { options }) {
    if (!hasCli(device)) return {};
    for await (const _ of pagesOfSessions(options, device, ' match sid ^$'));
    return { uptime: await uptimeOf(options, device) };
  },

  listSessions,

  uptime(device, { options }) {
    demandCli(device);
    return uptimeOf(options, device);
  },
});
