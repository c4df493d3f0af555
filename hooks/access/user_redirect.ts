// `user_redirect`: out of balance.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userRedirect = defineHook({
  name: 'user_redirect',
  summary: 'All traffic services are out of balance: show the "limit exceeded" page.',
  settles: { flag: 'redirect', value: true },
  payload: accountPayload,
});
