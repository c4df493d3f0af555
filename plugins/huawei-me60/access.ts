// Blocked, out of balance, switched off, and back: what the profile says of each, else a new login that RADIUS answers otherwise.
import { gone, type RadiusAttributes } from '#plugin-sdk';
import { end, tell } from './identity.ts';
import type { Device, Input, Reason, SessionState } from './options.ts';
import { profileName } from './qos-profiles.ts';

export async function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  const state = input.options.states?.[reason];
  if (state === undefined) await end(input, device);
  else await tell(input, device, attributesOf(input, state));
}

export async function lift(input: Input, device: Device): Promise<void> {
  const { states } = input.options;
  if (states?.lift === 'coa' && states.internet !== undefined)
    return void (await tell(input, device, attributesOf(input, states.internet)));
  // Billings send it after each login: who is cut then logs in again, and is cut again.
  if (input.hook === 'user_accept')
    throw gone('Whether its session is restricted cannot be seen: it goes on as RADIUS made it.');
  await end(input, device);
}

function attributesOf(
  input: Input,
  { filter_id, domain, qos_profile, down_qos_profile }: SessionState,
): RadiusAttributes {
  return {
    ...(filter_id !== undefined && { 'Filter-Id': filter_id }),
    ...(domain !== undefined && { 'Huawei-Domain-Name': domain }),
    ...(qos_profile !== undefined && { 'Huawei-Qos-Profile-Name': profileName(input, qos_profile) }),
    ...(down_qos_profile !== undefined && { 'Huawei-Down-QOS-Profile-Name': profileName(input, down_qos_profile) }),
  };
}
