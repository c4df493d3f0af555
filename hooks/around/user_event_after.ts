// `user_event_after`: after every changing hook.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const userEventAfter = defineHook({
  name: 'user_event_after',
  summary: 'Runs after every changing hook of the plugin that did not fail, in the same call.',
  kind: 'around',
  payload: accountPayload,
});
