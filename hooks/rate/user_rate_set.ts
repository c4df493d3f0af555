// `user_rate_set`: the speed of the account.
import { defineHook } from '#core/model/hook.ts';
import { ratePayload } from '../payload.ts';

export const userRateSet = defineHook({
  name: 'user_rate_set',
  summary: 'The speed changed, by tariff or turbo button: shape to rate_in and rate_out, in kbit/s.',
  settles: { flag: 'rate', value: 'payload' },
  payload: ratePayload,
});
