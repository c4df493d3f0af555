// A speed: a service with parameters, or an attribute that the session's own profile reads.
import { refuse, render, unsupported } from '#plugin-sdk';
import { apply, instancesOf, isUpdated } from './apply.ts';
import { end, tell } from './identity.ts';
import type { Device, Input } from './options.ts';
import { nameOf, serviceIn } from './services.ts';

export async function setRate(input: Input, device: Device): Promise<void> {
  const { service: template, change = 'replace', attribute, value } = rateOf(input);
  if (isNoLimit(input, template ?? value ?? '')) {
    if (template !== undefined) return removeRate(input, device);
    throw refuse('A speed of 0 is no limit, and what such a session has is known to RADIUS alone.');
  }
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

/** Whether all speeds of the template are 0, which to the billing is no limit, and would be none at all to the box. */
function isNoLimit({ account, hook }: Input, template: string): boolean {
  const speeds = ['rate_in', 'rate_out'].filter((name) => new RegExp(`\\{${name}[*}]`).test(template));
  const without = speeds.filter((name) => /^0+$/.test(account[name] ?? ''));
  if (without.length > 0 && without.length < speeds.length)
    throw refuse(`${hook}: ${without.join()} is 0, no limit, and ${template} cannot say that of one direction.`);
  return without.length > 0;
}

function rateOf({ options, hook }: Input): NonNullable<Input['options']['rate']> {
  if (options.rate === undefined) throw unsupported(`The profile has no rate: this box is not told of ${hook}.`);
  return options.rate;
}
