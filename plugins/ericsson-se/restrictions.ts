// Blocked, out of balance, switched off: a forward policy that redirects to the page of the first reason that holds.
import type { RadiusAttributes, Restricting, Restriction } from '#plugin-sdk';
import type { Device, Input } from './options.ts';
import { change, end, rendered } from './tell.ts';

const none = 'in:';

export function restricting(input: Input, device: Device): Restricting {
  return { input, kv: device.kv, become: (state, held) => become(input, device, state, held) };
}

async function become(
  input: Input,
  device: Device,
  state: Restriction | 'free',
  held: readonly Restriction[],
): Promise<void> {
  const attributes = attributesOf(input, state, held);
  if (attributes === undefined) await end(input, device);
  else await change(input, device, attributes);
}

function attributesOf(
  input: Input,
  state: Restriction | 'free',
  held: readonly Restriction[],
): RadiusAttributes | undefined {
  const { redirect } = input.options;
  if (redirect === undefined) return undefined;
  if (state === 'free') return { 'Forward-Policy': none, ...rendered(input, redirect.without) };
  const url = redirect.urls[state];
  if (url === undefined) return undefined;
  const policy = `in:${redirect.policy}`;
  // Of a session that is redirected already, the policy goes before it comes with another page.
  const isAnother = held.some((one) => one !== state);
  return {
    'Forward-Policy': isAnother ? [none, policy] : policy,
    'HTTP-Redirect-URL': url,
    ...rendered(input, redirect.with),
  };
}
