// `user_edit`: something about the account was edited.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userEdit = defineHook({
  name: 'user_edit',
  summary: 'Any field of the account was edited; most boxes have nothing to do.',
  payload: accountPayload,
});
