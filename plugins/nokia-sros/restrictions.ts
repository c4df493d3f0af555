// Blocked, out of balance, switched off: what the session gets while one of them holds, and when none does any more.
import type { Restricting, Restriction } from '#plugin-sdk';
import type { Change, Device, Input, NokiaOptions } from './options.ts';
import { end, tell } from './tell.ts';
import { wantedOf } from './wanted.ts';

export function restricting(input: Input, device: Device): Restricting {
  return { input, kv: device.kv, become: (state) => become(input, device, state) };
}

async function become(input: Input, device: Device, state: Restriction | 'free'): Promise<void> {
  const change = input.options.states[state];
  if (change === undefined) await end(input, device);
  else await tell(input, device, wantedOf(input, change));
}

/** What a profile sets and never takes back, in words; empty when there is nothing: a session would keep it after it is let in. */
export function staysIn({ states: { free, ...reasons }, services }: NokiaOptions): string {
  for (const [name, change] of Object.entries(reasons)) {
    const left = free && namesIn(change).find((one) => !namesIn(free).includes(one));
    if (left) return `states.${name} sets ${left}, and states.free does not set it back`;
  }
  for (const [usluga, { on, off }] of Object.entries(services)) {
    const left = namesIn(on).find((one) => !namesIn(off).includes(one));
    if (left) return `services.${usluga}.on sets ${left}, and off does not set it back`;
  }
  return '';
}

function namesIn({ attributes = {}, ...others }: Change): string[] {
  return [...Object.keys(others), ...Object.keys(attributes)];
}
