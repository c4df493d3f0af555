// What the box has of a subscriber, by `show service active-subscribers subscriber ID detail`.
import { cli, isDeviceError, refuse } from '#plugin-sdk';
import type { Device } from './options.ts';
import type { Seen } from './wanted.ts';

export interface Subscriber {
  readonly subscriber_profile: string;
  /** Of each group of hosts. */
  readonly slas: readonly string[];
  /** kbit/s; null: no override by RADIUS. */
  readonly rate_limit: number | null;
  readonly filters_in: readonly number[];
  readonly filters_out: readonly number[];
  readonly hosts: readonly { readonly ip: string; readonly mac: string; readonly session: string }[];
}

/** Null: there is none of that id. */
export async function readSubscriber(device: Device, id: string): Promise<Subscriber | null> {
  try {
    return parse(await device.cli.read(cli`show service active-subscribers subscriber ${id} detail`));
  } catch (error) {
    if (isDeviceError(error) && /no such subscriber|no matching/i.test(`${error.message} ${error.said ?? ''}`))
      return null;
    throw error;
  }
}

export function parse(text: string): Subscriber | null {
  if (/no such subscriber/i.test(text) || /^\s*No\. of active subscribers\s*:\s*0/im.test(text)) return null;
  const [, profile] = /^Subscriber [^\n]*\n?\s*\(([^)\n]+)\)/m.exec(text) ?? [];
  const slas = [...text.matchAll(/(?:^|\s)-\s*sla:\s*(\S+)/gm)].map(([, name = '']) => name);
  if (profile === undefined || slas.length === 0)
    throw refuse(
      'The box prints its active subscribers in a way that this plugin does not read: set read_back: false.',
    );
  return {
    subscriber_profile: profile.trim(),
    slas,
    rate_limit: numberOf(/^RADIUS Rate-Limit\s*:\s*(\S+)/m.exec(text)?.[1]),
    filters_in: filtersIn(text, /\bIngr IP Fltr-Id\s*:\s*(\S+)/g),
    filters_out: filtersIn(text, /\bEgr IP Fltr-Id\s*:\s*(\S+)/g),
    hosts: hostsIn(text),
  };
}

function numberOf(text = ''): number | null {
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** 0 for none. */
function filtersIn(text: string, label: RegExp): number[] {
  return [...text.matchAll(label)].map(([, id]) => numberOf(id) ?? 0);
}

function hostsIn(text: string): Subscriber['hosts'] {
  const found = text.matchAll(
    /^(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]+(?:\/\d+)?)\s+((?:[0-9a-f]{2}:){5}[0-9a-f]{2})\s+(\S+)/gim,
  );
  return [...found].map(([, ip = '', mac = '', session = '']) => ({ ip, mac, session }));
}

/** Whether there is nothing to send: a subscriber can have several groups of hosts, and one that is so says nothing of the others. */
export function isSoEverywhere(wanted: Seen, has: Subscriber): boolean {
  const { sla, filter_in: filterIn, filter_out: filterOut } = wanted;
  return (
    differences(wanted, has).length === 0 &&
    (sla === undefined || has.slas.every((one) => one === sla)) &&
    (filterIn === undefined || has.filters_in.every((one) => one === filterIn)) &&
    (filterOut === undefined || has.filters_out.every((one) => one === filterOut))
  );
}

/** What differs, in words; empty when all is so. Of several groups of hosts one that has it is enough. */
export function differences(wanted: Seen, has: Subscriber): string[] {
  const problems: string[] = [];
  const compare = (what: string, wants: unknown, isSo: boolean, shown: unknown): void => {
    if (wants !== undefined && !isSo)
      problems.push(`${what} is ${JSON.stringify(shown)}, not ${JSON.stringify(wants)}`);
  };
  const { sla, subscriber_profile: profile, filter_in: filterIn, filter_out: filterOut, rate_limit: rate } = wanted;
  compare('the SLA profile', sla, sla !== undefined && has.slas.includes(sla), has.slas.join(', '));
  compare('the subscriber profile', profile, profile === has.subscriber_profile, has.subscriber_profile);
  compare(
    'the ingress filter',
    filterIn,
    filterIn !== undefined && has.filters_in.includes(filterIn),
    has.filters_in[0] ?? 0,
  );
  compare(
    'the egress filter',
    filterOut,
    filterOut !== undefined && has.filters_out.includes(filterOut),
    has.filters_out[0] ?? 0,
  );
  compare('the rate limit', rate, rate === has.rate_limit, has.rate_limit);
  return problems;
}
