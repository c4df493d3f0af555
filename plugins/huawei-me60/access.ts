// Blocked, out of balance, switched off, and back: what the profile says of each, else a new login that RADIUS answers otherwise.
import { lift as free, restrict as keepOut, type RadiusAttributes, type Restricting } from '#plugin-sdk';
import { end, tell } from './identity.ts';
import type { Device, Input, Reason, SessionState } from './options.ts';
import { profileName } from './qos-profiles.ts';

export function restrict(input: Input, device: Device, reason: Reason): Promise<void> {
  return keepOut(restricting(input, device), reason);
}

/** Billings send user_accept after each login: a session that is not known to be restricted is not ended for it. */
export function lift(input: Input, device: Device, reason: Reason): Promise<void> {
  const freesUnknown = internetOf(input) !== undefined || input.hook !== 'user_accept';
  return free(restricting(input, device), reason, { freesUnknown });
}

function restricting(input: Input, device: Device): Restricting {
  return {
    input,
    kv: device.kv,
    async become(now) {
      const state = now === 'free' ? internetOf(input) : input.options.states?.[now];
      if (state === undefined) await end(input, device);
      else await tell(input, device, attributesOf(input, state));
    },
  };
}

function internetOf({ options: { states } }: Input): SessionState | undefined {
  return states?.lift === 'coa' ? states.internet : undefined;
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
