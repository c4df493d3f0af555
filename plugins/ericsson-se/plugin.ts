// Ericsson SmartEdge: which hook ensures what. RADIUS gives a session everything at login; this changes it while it runs.
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
import type { Device, Input, Service, SmartEdgeOptions } from './options.ts';
import type manifest from './plugin.json';
import { removeRate, setRate } from './rates.ts';
import { restricting } from './restrictions.ts';
import { end, startService, stopService } from './tell.ts';

function free(input: Input, device: Device, reason: Restriction): Promise<void> {
  return lift(restricting(input, device), reason, { freesUnknown: input.options.redirect !== undefined });
}

function serviceOf({ account, options }: Input): Service {
  const usluga = account['usluga_id'] ?? '';
  const service = Object.hasOwn(options.services, usluga) ? options.services[usluga] : undefined;
  if (service === undefined) throw unsupported(`The profile says nothing of the service ${usluga}.`);
  return service;
}

export default definePlugin<typeof manifest, SmartEdgeOptions>({
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

    user_rate_set: setRate,
    user_rate_set_cancel: removeRate,

    usluga_activated: (input, device) => startService(input, device, serviceOf(input)),
    usluga_deactivated: (input, device) => stopService(input, device, serviceOf(input)),
  },

  /** RADIUS reads nothing of nobody; but who pays would keep what a page left on him. */
  selfTest(_device, { options: { redirect } }) {
    const stays = Object.keys(redirect?.with ?? {}).find((name) => !Object.hasOwn(redirect?.without ?? {}, name));
    if (stays !== undefined) throw refuse(`options.redirect.without has no ${stays}, so that of with would stay.`);
  },
});
