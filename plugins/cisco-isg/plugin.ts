// Cisco ISG: which hook switches which services of a live session. Who is not online gets all of it from RADIUS when he logs in.
import { definePlugin, forgetRestrictions, gone, lift, refuse, restrict, restrictionKey } from '#plugin-sdk';
import { confusionIn } from './families.ts';
import type { Device, Input, IsgOptions, Reason } from './options.ts';
import { type Change, hasService } from './plan.ts';
import type manifest from './plugin.json';
import { userInfo } from './reports.ts';
import { endAny, endThat, logOn } from './sessions.ts';
import { switchServices } from './switch.ts';

const changes = {
  user_drop: { restrict: 'blocked' },
  user_accept: { lift: 'blocked' },
  user_redirect: { restrict: 'no_balance' },
  user_redirect_cancel: { lift: 'no_balance' },
  own_disabled: { restrict: 'own_disabled' },
  own_disabled_cancel: { lift: 'own_disabled' },
  user_rate_set: { rate: true },
  user_rate_set_cancel: { rate: false },
  usluga_activated: { usluga: true },
  usluga_deactivated: { usluga: false },
} as const satisfies Readonly<Record<string, Change>>;

async function make(input: Input, device: Device): Promise<void> {
  const change: Change = changes[input.hook as keyof typeof changes];
  const reason: Reason | undefined =
    'restrict' in change ? change.restrict : 'lift' in change ? change.lift : undefined;
  if (reason === undefined || hasService(input, reason)) return switchServices(input, device, change);
  const restricting = { input, kv: device.kv, become: () => endAny(input, device) };
  if ('restrict' in change) return restrict(restricting, reason);
  // Billings send user_accept after each login: a session that is not known to be restricted is not ended for it.
  await lift(restricting, reason, { freesUnknown: input.hook !== 'user_accept' });
}

export default definePlugin<typeof manifest, IsgOptions>({
  hooks: {
    user_add: () => gone('Nothing to add: the RADIUS answer gives it everything at login.'),
    async user_del(input, device) {
      await forgetRestrictions(device.kv, restrictionKey(input));
      await endAny(input, device);
    },
    user_edit: () => undefined,
    user_auth: logOn,
    user_disconnect: endThat,
    ...Object.fromEntries(Object.keys(changes).map((hook) => [hook, make])),
    user_info: userInfo,
  },

  /** CoA reads nothing of nobody; but a profile whose services cannot be told apart would let in who is blocked. */
  selfTest(_device, { options }) {
    const problem = confusionIn(options);
    if (problem !== '') throw refuse(`options.services: ${problem}.`);
  },
});
