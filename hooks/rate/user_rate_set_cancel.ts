// `user_rate_set_cancel`: no speed limit.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userRateSetCancel = defineHook({
  name: 'user_rate_set_cancel',
  summary: 'The speed limit is taken off.',
  settles: { flag: 'rate', value: 'none' },
  payload: accountPayload,
});
