// `usluga_deactivated`: a service is off.
import { defineHook } from '#core/model/hook.ts';
import { servicePayload } from '../payload.ts';

export const uslugaDeactivated = defineHook({
  name: 'usluga_deactivated',
  summary: 'One service was deactivated, one event per service: take its package away.',
  settles: { flag: 'service', value: 'off' },
  payload: servicePayload,
});
