// `user_test`: a test of the line from the box.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userTest = defineHook({
  name: 'user_test',
  summary: 'Ping, ARP and the like from the box towards the subscriber.',
  kind: 'read',
  payload: accountPayload,
});
