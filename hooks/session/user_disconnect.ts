// `user_disconnect`: the subscriber is logged out.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userDisconnect = defineHook({
  name: 'user_disconnect',
  summary: 'The "Disconnect" button, or RADIUS saw the session stop: see to it that no session is left.',
  settles: { flag: 'logged', value: false },
  payload: accountPayload,
});
