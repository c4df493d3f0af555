// `own_disabled_cancel`: the voluntary block is off.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const ownDisabledCancel = defineHook({
  name: 'own_disabled_cancel',
  summary: 'The subscriber switched the access on again.',
  settles: { flag: 'own_disabled', value: false },
  payload: accountPayload,
});
