// `user_redirect_cancel`: in balance again.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userRedirectCancel = defineHook({
  name: 'user_redirect_cancel',
  summary: 'At least one traffic service is paid again: take the "limit exceeded" page away.',
  settles: { flag: 'redirect', value: false },
  payload: accountPayload,
});
