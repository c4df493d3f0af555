// The speed: profiles or other attributes with the rates in them, or an RSE service with parameters.
import { refuse, unsupported } from '#plugin-sdk';
import type { Device, Input, SmartEdgeOptions } from './options.ts';
import { change, end, rendered, startService, stopService } from './tell.ts';

export async function setRate(input: Input, device: Device): Promise<void> {
  const { attributes, service, default: usual } = speedOf(input);
  if (isNoLimit(input) && (attributes === undefined || usual !== undefined)) return removeRate(input, device);
  if (service?.parameter !== undefined) demandLimits(input, service.parameter);
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

/** To the billing 0 is no limit; to a policer it is no traffic. */
function isNoLimit({ account }: Input): boolean {
  return account['rate_in'] === '0' && account['rate_out'] === '0';
}

function demandLimits({ account, hook }: Input, parameter: string): void {
  for (const name of ['rate_in', 'rate_out'])
    if (account[name] === '0' && new RegExp(`\\{${name}[*}]`).test(parameter))
      throw refuse(`${hook}: ${name} is 0, no limit, which the parameters of the service cannot say of one direction.`);
}

function speedOf({ options }: Input): NonNullable<SmartEdgeOptions['speed']> {
  if (options.speed === undefined) throw unsupported('The profile does not say how this box is told a speed.');
  return options.speed;
}
