// `user_get_mac`: the MAC address seen by the box.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userGetMac = defineHook({
  name: 'user_get_mac',
  summary: 'The MAC address that the box sees for the account.',
  kind: 'read',
  payload: accountPayload,
});
