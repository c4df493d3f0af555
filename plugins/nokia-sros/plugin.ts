// Nokia 7750 SR: which hook ensures what. RADIUS gives a session everything at login; this changes it while it runs.
import {
  definePlugin,
  forgetRestrictions,
  gone,
  lift,
  type Restriction,
  refuse,
  restrict,
  restrictionKey,
  unsupported,
} from '#plugin-sdk';
import type { Device, Input, NokiaOptions } from './options.ts';
import type manifest from './plugin.json';
import { userGetMac, userInfo } from './reports.ts';
import { restricting, staysIn } from './restrictions.ts';
import { switchService } from './services.ts';
import { end, tell } from './tell.ts';
import { wantedRate } from './wanted.ts';

function free(input: Input, device: Device, reason: Restriction): Promise<void> {
  return lift(restricting(input, device), reason, { freesUnknown: input.options.states.free !== undefined });
}

export default definePlugin<typeof manifest, NokiaOptions>({
  hooks: {
    user_add: () => gone('Nothing to add: the RADIUS answer gives it everything at login.'),
    async user_del(input, device) {
      await forgetRestrictions(device.kv, restrictionKey(input));
      await end(input, device);
    },
    user_edit: () => undefined,

    user_drop: (input, device) => restrict(restricting(input, device), 'blocked'),
    user_accept: (input, device) => free(input, device, 'blocked'),
    user_redirect: (input, device) => restrict(restricting(input, device), 'no_balance'),
    user_redirect_cancel: (input, device) => free(input, device, 'no_balance'),
    own_disabled: (input, device) => restrict(restricting(input, device), 'own_disabled'),
    own_disabled_cancel: (input, device) => free(input, device, 'own_disabled'),

    user_auth: () => gone('Nothing to do: who has a session is logged in.'),
    user_disconnect: end,

    async user_rate_set(input, device) {
      if (input.options.rate.length === 0)
        throw unsupported('The profile says no rate: this box is not told of speeds.');
      await tell(input, device, wantedRate(input, false));
    },
    async user_rate_set_cancel(input, device) {
      if (input.options.rate.length === 0)
        throw unsupported('The profile says no rate: this box is not told of speeds.');
      await tell(input, device, wantedRate(input, true));
    },

    usluga_activated: (input, device) => switchService(input, device, 'on'),
    usluga_deactivated: (input, device) => switchService(input, device, 'off'),

    user_info: userInfo,
    user_get_mac: userGetMac,
  },

  /** CoA reads nothing of nobody; but who pays would keep what a reason left on him. */
  selfTest(_device, { options }) {
    const stays = staysIn(options);
    if (stays !== '') throw refuse(`options: ${stays}.`);
  },
});
