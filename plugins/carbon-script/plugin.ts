// The billing's old `session` scripts, unchanged: one call of the script for one hook.
import { definePlugin } from '#plugin-sdk';
import type { CarbonScriptOptions } from './options.ts';
import type manifest from './plugin.json';
import { runSession } from './run-session.ts';

export default definePlugin<typeof manifest, CarbonScriptOptions>({
  hooks: {
    user_add: runSession,
    user_del: runSession,
    user_edit: runSession,
    user_accept: runSession,
    user_drop: runSession,
    user_redirect: runSession,
    user_redirect_cancel: runSession,
    own_disabled: runSession,
    own_disabled_cancel: runSession,
    user_auth: runSession,
    user_disconnect: runSession,
    user_rate_set: runSession,
    user_rate_set_cancel: runSession,
    usluga_activated: runSession,
    usluga_deactivated: runSession,
    user_info: runSession,
    user_test: runSession,
    user_get_mac: runSession,
  },
});
