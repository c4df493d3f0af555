// A speed: a service with parameters, or an attribute that the session's own profile reads.
import { refuse, render, unsupported } from '#plugin-sdk';
import { apply, instancesOf, isUpdated } from './apply.ts';
import { end, tell } from './identity.ts';
import type { Device, Input } from './options.ts';
import { nameOf, serviceIn } from './services.ts';

export async function setRate(input: Input, device: Device): Promise<void> {
  const { service: template, change = 'replace', attribute, value } = rateOf(input);
  if (template === undefined) {
    const { account, hook } = input;
    const text = render(value ?? '', { account, hook, attribute: attribute ?? '' });
    if (attribute === undefined || !text) throw refuse('The profile says no attribute and value of a speed.');
    return tell(input, device, { [attribute]: text });
  }
  const service = serviceIn(input, template);
  if (change === 'update' && (await isUpdated(input, device, service))) return;
  await apply(input, device, { off: instancesOf([service]), on: [service] });
}

export async function removeRate(input: Input, device: Device): Promise<void> {
  const { service } = rateOf(input);
  // Of an attribute nobody knows what it was before: RADIUS does.
  if (service === undefined) return end(input, device);
  await apply(input, device, { off: [serviceIn(input, nameOf(service))], on: [] });
}

function rateOf({ options, hook }: Input): NonNullable<Input['options']['rate']> {
  if (options.rate === undefined) throw unsupported(`The profile has no rate: this box is not told of ${hook}.`);
  return options.rate;
}
