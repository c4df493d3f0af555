// A speed: average and peak rates in bit/s, or the QoS profile of that speed.
import { type RadiusAttributes, refuse, unsupported } from '#plugin-sdk';
import { end, tell } from './identity.ts';
import type { Device, Input } from './options.ts';
import { profileName } from './qos-profiles.ts';

export async function setRate(input: Input, device: Device): Promise<void> {
  const rate = rateOf(input);
  if (rate.by === 'bits') await tell(input, device, bitRates(input));
  else await tell(input, device, profiles(input, rate.profile, rate.down_profile));
}

export async function removeRate(input: Input, device: Device): Promise<void> {
  const rate = rateOf(input);
  // Both rates 0 is no limit, unless `user-qos cir-zero` says otherwise.
  if (rate.by === 'bits') await tell(input, device, ratesOf({ up: [0, 0], down: [0, 0] }));
  else if (rate.no_limit === undefined) await end(input, device);
  else await tell(input, device, profiles(input, rate.no_limit, rate.down_profile && rate.no_limit));
}

function rateOf({ options, hook }: Input): NonNullable<Input['options']['rate']> {
  if (options.rate === undefined) throw unsupported(`The profile has no rate: this box is not told of ${hook}.`);
  return options.rate;
}

function profiles(input: Input, name: string | undefined, down: string | undefined): RadiusAttributes {
  return {
    'Huawei-Qos-Profile-Name': profileName(input, name ?? ''),
    ...(down !== undefined && { 'Huawei-Down-QOS-Profile-Name': profileName(input, down) }),
  };
}

function bitRates(input: Input): RadiusAttributes {
  return ratesOf({ up: pairOf(input, 'in'), down: pairOf(input, 'out') });
}

/** Average and peak rate in bit/s, from the billing's kbit/s. */
type Pair = readonly [average: number, peak: number | undefined];

function pairOf(input: Input, direction: 'in' | 'out'): Pair {
  const { peak = 'same' } = input.options.rate ?? {};
  const average = bitsOf(input, `rate_${direction}`);
  // No limit is both of them 0.
  if (peak === 'none' && average > 0) return [average, undefined];
  const ceil =
    peak === 'ceil' && average > 0 && input.account[`ceil_${direction}`] ? bitsOf(input, `ceil_${direction}`) : 0;
  return [average, Math.max(average, ceil)];
}

const mostInteger = 0xffff_ffff;

function bitsOf({ account }: Input, name: string): number {
  const text = account[name] ?? '';
  const bits = Number(text) * 1000;
  if (!/^\d{1,9}$/.test(text) || bits > mostInteger)
    throw refuse(
      `${name} is ${JSON.stringify(text.slice(0, 40))}, not a speed in kbit/s up to ${Math.floor(mostInteger / 1000)}, the most that the attribute holds.`,
    );
  return bits;
}

/** A peak rate needs its average rate beside it. Input is what comes from the subscriber. */
function ratesOf({ up, down }: { readonly up: Pair; readonly down: Pair }): RadiusAttributes {
  return {
    'Huawei-Input-Average-Rate': up[0],
    ...(up[1] !== undefined && { 'Huawei-Input-Peak-Rate': up[1] }),
    'Huawei-Output-Average-Rate': down[0],
    ...(down[1] !== undefined && { 'Huawei-Output-Peak-Rate': down[1] }),
  };
}
