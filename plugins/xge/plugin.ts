// Carbon XGE: every hook is one or several commands as text; which ones, stands in dialects.ts and in the profile.
import { definePlugin } from '#plugin-sdk';
import { change } from './changes.ts';
import type { XgeOptions } from './options.ts';
import type manifest from './plugin.json';
import { userGetMac, userInfo, userTest } from './reports.ts';
import { usersFromNas } from './users.ts';

export default definePlugin<typeof manifest, XgeOptions>({
  hooks: {
    user_add: change,
    user_del: change,
    user_edit: change,
    user_drop: change,
    user_accept: change,
    user_redirect: change,
    user_redirect_cancel: change,
    own_disabled: change,
    own_disabled_cancel: change,
    user_auth: change,
    user_disconnect: change,
    user_rate_set: change,
    user_rate_set_cancel: change,
    usluga_activated: change,
    usluga_deactivated: change,
    user_info: userInfo,
    user_test: userTest,
    user_get_mac: userGetMac,
    users_from_nas: usersFromNas,
  },
});
