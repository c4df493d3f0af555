// `user_info`: a report on the account from the box.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userInfo = defineHook({
  name: 'user_info',
  summary: 'What the box knows about the account now, for the operator.',
  kind: 'read',
  payload: accountPayload,
});
