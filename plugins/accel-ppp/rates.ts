// A speed as the shaper of accel-ppp reads it.
import { type RadiusAttributes, refuse, unsupported } from '#plugin-sdk';
import { attributeValue } from './attribute-value.ts';
import { type Device, type Input, isShaping } from './options.ts';
import { change, end } from './requests.ts';
import type { AccelSession } from './sessions.ts';

interface Speed {
  /** kbit/s. */
  readonly down: number;
  readonly up: number;
}

export async function setRate(input: Input, device: Device): Promise<void> {
  demandShaper(input);
  const speed = { down: kbitOf(input, 'rate_out'), up: kbitOf(input, 'rate_in') };
  // A 0 in a CoA leaves what is there: only a new session is without a limit.
  if (speed.down === 0 || speed.up === 0) return end(input, device, { isMeant: (session) => differs(session, speed) });
  await change(input, device, attributesOf(input, speed));
}

export async function removeRate(input: Input, device: Device): Promise<void> {
  demandShaper(input);
  await end(input, device, { isMeant: ({ rate }) => rate !== null });
}

function demandShaper({ options, hook }: Input): void {
  if (!isShaping(options))
    throw unsupported(`The profile says that this box has no shaper: it is not told of ${hook}.`);
}

function differs({ rate }: AccelSession, { down, up }: Speed): boolean {
  return (rate?.rate_in ?? 0) !== up || (rate?.rate_out ?? 0) !== down;
}

function attributesOf({ options }: Input, { down, up }: Speed): RadiusAttributes {
  const { form = 'down/up', attribute = 'Filter-Id', factor = 1, ...pair } = options.rate ?? {};
  switch (form) {
    case 'mikrotik':
      // The box's point of view: what it receives comes first. Without the k RouterOS would take it for bit/s, accel-ppp for kbit/s.
      return { 'Mikrotik-Rate-Limit': `${up}k/${down}k` };
    case 'cisco':
      return { 'Cisco-AVPair': [ciscoPair('input', up, 1), ciscoPair('output', down, 0.1)] };
    case 'pair': {
      const { down: downName = '', up: upName = '' } = pair;
      const [downValue, upValue] = [down * factor, up * factor];
      if (Math.max(downValue, upValue) > mostInteger)
        throw refuse(`${Math.max(downValue, upValue)} is more than an integer attribute holds: ${mostInteger}.`);
      return { [downName]: attributeValue(downName, downValue), [upName]: attributeValue(upName, upValue) };
    }
    default:
      return { [attribute]: attributeValue(attribute, `${down * factor}/${up * factor}`) };
  }
}

const mostInteger = 0xffff_ffff;
const mostCiscoKbit = 4_294_967;

/** The burst is what accel-ppp itself would take: so many seconds of the rate. */
function ciscoPair(direction: 'input' | 'output', kbit: number, seconds: number): string {
  if (kbit > mostCiscoKbit) throw refuse(`${kbit} kbit/s are more than a Cisco-AVPair can say: ${mostCiscoKbit}.`);
  const burst = Math.max(8000, Math.round(kbit * 125 * seconds));
  const actions = 'conform-action transmit exceed-action drop';
  return `lcp:interface-config#1=rate-limit ${direction} ${kbit * 1000} ${burst} ${burst} ${actions}`;
}

const mostKbit = 400_000_000;

function kbitOf({ account }: Input, name: 'rate_in' | 'rate_out'): number {
  const text = account[name] ?? '';
  const kbit = Number(text);
  if (!/^\d{1,9}$/.test(text) || kbit > mostKbit)
    throw refuse(`${name} is ${JSON.stringify(text.slice(0, 40))}, not a speed in kbit/s up to ${mostKbit}.`);
  return kbit;
}
