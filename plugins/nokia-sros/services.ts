// Services of the billing as changes of the session.
import { unsupported } from '#plugin-sdk';
import type { Device, Input } from './options.ts';
import { tell } from './tell.ts';
import { wantedOf } from './wanted.ts';

export async function switchService(input: Input, device: Device, to: 'on' | 'off'): Promise<void> {
  const usluga = input.account['usluga_id'] ?? '';
  const { services } = input.options;
  const service = Object.hasOwn(services, usluga) ? services[usluga] : undefined;
  if (service === undefined) throw unsupported(`The profile says nothing of the service ${usluga}.`);
  await tell(input, device, wantedOf(input, service[to]));
}
