// Blocked, out of balance, switched off: what the session gets while one of them holds, and when none does any more.
import type { Restricting, Restriction } from '#plugin-sdk';
import type { Device, Input } from './options.ts';
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
