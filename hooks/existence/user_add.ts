// `user_add`: the account exists on the box.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userAdd = defineHook({
  name: 'user_add',
  summary:
    'Created, restored from the bin, or changed in a key parameter: make what the account needs on the box, with the NEW values.',
  settles: { flag: 'exists', value: true, carries: ['snatip'] },
  barrier: true,
  payload: accountPayload,
});
