// `usluga_activated`: a service is on.
import { defineHook } from '#core/model/hook.ts';
import { servicePayload } from '../payload.ts';

export const uslugaActivated = defineHook({
  name: 'usluga_activated',
  summary: 'One service was activated, one event per service: add its package.',
  settles: { flag: 'service', value: 'on' },
  payload: servicePayload,
});
