// `user_accept`: the administrator's block is off.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userAccept = defineHook({
  name: 'user_accept',
  summary: 'No longer blocked: at least one traffic service is free of a block; take the "blocked" page away.',
  settles: { flag: 'accept', value: true },
  payload: accountPayload,
});
