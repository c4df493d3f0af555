// `user_auth`: the subscriber logged in.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userAuth = defineHook({
  name: 'user_auth',
  summary: 'Authorised by RADIUS or the web login: take the "please log in" redirect away.',
  settles: { flag: 'logged', value: true },
  payload: accountPayload,
});
