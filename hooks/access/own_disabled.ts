// `own_disabled`: the voluntary block is on.
import { defineHook } from '#core/model/hook.ts';
import { accountPayload } from '../payload.ts';

export const ownDisabled = defineHook({
  name: 'own_disabled',
  summary: 'The subscriber switched the access off himself; sent whatever his other states are.',
  settles: { flag: 'own_disabled', value: true },
  payload: accountPayload,
});
