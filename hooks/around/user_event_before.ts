// `user_event_before`: before every changing hook.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userEventBefore = defineHook({
  name: 'user_event_before',
  summary: 'Runs before every changing hook of the plugin, in the same call.',
  kind: 'around',
  payload: accountPayload,
});
