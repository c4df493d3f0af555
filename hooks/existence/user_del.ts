// `user_del`: the account no longer exists on the box.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userDel = defineHook({
  name: 'user_del',
  summary:
    'To the bin, or changed in a key parameter: remove every trace of the account, found by the OLD values that the event carries.',
  settles: { flag: 'exists', value: false },
  barrier: true,
  payload: accountPayload,
});
