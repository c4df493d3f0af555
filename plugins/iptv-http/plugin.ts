// IPTV middlewares over HTTP: which hook ensures what. How the middleware is told it, stands in the profile.
import { definePlugin, gone } from '#plugin-sdk';
import { demandRequired, ensureAccount, removeAccount, updateAccount } from './accounts.ts';
import { lift, restrict } from './blocks.ts';
import type { IptvOptions } from './options.ts';
import { switchOff, switchOn } from './packages.ts';
import type manifest from './plugin.json';
import { selfTest, userInfo, usersFromNas } from './users.ts';

export default definePlugin<typeof manifest, IptvOptions>({
  hooks: {
    async user_add(input, device) {
      if (input.options.create_on === 'first_service') throw gone('The account is made with its first service.');
      demandRequired(input);
      await ensureAccount(input, device);
    },
    user_del: removeAccount,
    user_edit: updateAccount,

    user_drop: (input, device) => restrict(input, device, 'blocked'),
    user_accept: (input, device) => lift(input, device, 'blocked'),
    user_redirect: (input, device) => restrict(input, device, 'no_balance'),
    user_redirect_cancel: (input, device) => lift(input, device, 'no_balance'),
    own_disabled: (input, device) => restrict(input, device, 'own_disabled'),
    own_disabled_cancel: (input, device) => lift(input, device, 'own_disabled'),

    usluga_activated: switchOn,
    usluga_deactivated: switchOff,

    user_info: userInfo,
    users_from_nas: usersFromNas,
  },

  selfTest,
});
