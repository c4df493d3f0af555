// Huawei ME60: which hook sets what of a live session. Who is not online gets all of it from RADIUS when he logs in.
import { definePlugin, forgetRestrictions, gone, refuse, restrictionKey } from '#plugin-sdk';
import { lift, restrict } from './access.ts';
import { end, endThat } from './identity.ts';
import type { Me60Options } from './options.ts';
import type manifest from './plugin.json';
import { problemOf } from './qos-profiles.ts';
import { removeRate, setRate } from './rates.ts';
import { userInfo } from './reports.ts';
import { activateService, deactivateService } from './services.ts';

export default definePlugin<typeof manifest, Me60Options>({
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

    usluga_activated: activateService,
    usluga_deactivated: deactivateService,

    user_info: userInfo,
  },

  /** CoA reads nothing of nobody; but a profile whose names the box would not find would throw subscribers off it. */
  selfTest(_device, { options }) {
    const problem = problemOf(options);
    if (problem !== '') throw refuse(`options: ${problem}.`);
  },
});
