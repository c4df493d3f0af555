// `user_drop`: the administrator's block is on.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userDrop = defineHook({
  name: 'user_drop',
  summary: 'Blocked by the administrator or by the subscriber: show the "blocked" page, do not just cut.',
  settles: { flag: 'accept', value: false },
  payload: accountPayload,
});
