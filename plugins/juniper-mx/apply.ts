// Deactivates and activates services of a session. Junos tells nobody which are active, so a NAK is taken apart step by step.
import { gone, isDeviceError, type RadiusAttributes } from '#plugin-sdk';
import { tell } from './identity.ts';
import type { Device, Input } from './options.ts';
import { nameOf } from './services.ts';

export interface Switch {
  /** A name alone stands for all its instances. */
  readonly off: readonly string[];
  readonly on: readonly string[];
}

/** Throws `gone` when there is no session, or only services to deactivate that were not active. */
export async function apply(input: Input, device: Device, { off, on }: Switch): Promise<void> {
  if (off.length + on.length === 0) return;
  const isOne = (input.options.one_packet ?? true) && off.length + on.length > 1;
  if (isOne && (await isTaken(tell(input, device, { ...deactivations(off), ...activations(input, on) })))) return;
  let changed = 0;
  for (const service of off) {
    if (await isTaken(tell(input, device, deactivations([service])))) changed += 1;
    else input.log(`the box refused to deactivate ${service}: it is taken for not active`);
  }
  for (const service of on) {
    await activate(input, device, service);
    changed += 1;
  }
  if (changed === 0) throw gone(`The box says that ${off.join(', ')} cannot be deactivated: not active.`);
}

/** A NAK may say that it is active already. Then it goes and comes again: what is refused after that, the box does not want. */
async function activate(input: Input, device: Device, service: string): Promise<void> {
  if (await isTaken(tell(input, device, activations(input, [service])))) return;
  await isTaken(tell(input, device, deactivations([service])));
  await tell(input, device, activations(input, [service]));
}

/** Changes the parameters of the only instance of a service. False: the box refused, e.g. since there is none. */
export function isUpdated(input: Input, device: Device, service: string): Promise<boolean> {
  return isTaken(tell(input, device, { 'ERX-Update-Service:1': service }));
}

/** Of a NAK that can mean that it is so already: Error-Cause 404, or none. All others are what they say. */
async function isTaken(sending: Promise<void>): Promise<boolean> {
  try {
    await sending;
    return true;
  } catch (error) {
    const isRefused = isDeviceError(error) && error.code === 'nas_refused';
    if (isRefused && [undefined, 404].includes(error.details['errorCause'] as number | undefined)) return false;
    throw error;
  }
}

function deactivations(services: readonly string[]): RadiusAttributes {
  return services.length === 0 ? {} : { 'ERX-Service-Deactivate': [...services] };
}

const statisticsValue = { time: 1, 'time-volume': 2 } as const;

/** A tag for each, by which its statistics belong to it. */
function activations({ options }: Input, services: readonly string[]): RadiusAttributes {
  const { statistics = 'none' } = options;
  const attributes: RadiusAttributes = {};
  for (const [index, service] of services.entries()) {
    attributes[`ERX-Service-Activate:${index + 1}`] = service;
    if (statistics !== 'none') attributes[`ERX-Service-Statistics:${index + 1}`] = statisticsValue[statistics];
  }
  return attributes;
}

/** All instances of the same services. */
export function instancesOf(services: readonly string[]): string[] {
  return [...new Set(services.map(nameOf))];
}
