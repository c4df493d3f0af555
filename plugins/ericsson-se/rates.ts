// The speed: profiles or other attributes with the rates in them, or an RSE service with parameters.
import { unsupported } from '#plugin-sdk';
import type { Device, Input, SmartEdgeOptions } from './options.ts';
import { change, end, rendered, startService, stopService } from './tell.ts';

export async function setRate(input: Input, device: Device): Promise<void> {
  const { attributes, service } = speedOf(input);
  const values = attributes && rendered(input, attributes);
  if (service !== undefined) await startService(input, device, service);
  if (values !== undefined) await change(input, device, values);
}

export async function removeRate(input: Input, device: Device): Promise<void> {
  const { attributes, service, default: usual } = speedOf(input);
  const values = usual && rendered(input, usual);
  if (attributes !== undefined && values === undefined) return end(input, device);
  if (service !== undefined) await stopService(input, device, service);
  if (values !== undefined) await change(input, device, values);
}

function speedOf({ options }: Input): NonNullable<SmartEdgeOptions['speed']> {
  if (options.speed === undefined) throw unsupported('The profile does not say how this box is told a speed.');
  return options.speed;
}
