// What the box knows and measures about an account, as plain data for the operator.
import type { BoxUserReport, RouterOsRow } from '#plugin-sdk';
import { listMenu } from './address-lists.ts';
import { hostMenu } from './bindings.ts';
import { natMenu, snatipOfRule } from './nat.ts';
import { type Device, type ListRole, listsOf, natChainOf, queuePrefixOf } from './options.ts';
import { queueMenu, rateOfQueue } from './queues.ts';
import { activeSessions, printIfThere, type Session } from './sessions.ts';
import {
  addressOf,
  type Input,
  isAuthorisedByAddress,
  isDynamic,
  isForeign,
  knownAddressOf,
  ownerOf,
} from './subscriber.ts';
import { restrictionsOn, stateOnLists } from './users.ts';

/** Lists, queue and sessions of the account as they are on the box now. */
export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { account, options } = input;
  const sessions = await activeSessions(input, device);
  const address = knownAddressOf(account) ?? sessions[0]?.address ?? '';
  const entries = address === '' ? [] : await device.routeros.print(listMenu, { address });
  const name = queuePrefixOf(options) + address;
  const [queue] = address === '' ? [] : await device.routeros.print(queueMenu, { name });
  const chain = natChainOf(options);
  const rules = address === '' ? [] : await device.routeros.print(natMenu, { chain, 'src-address': address });
  const isOwn = ({ comment }: RouterOsRow) => !isForeign(comment, account);
  const ours = new Set(Object.values(listsOf(options)));
  const kept = entries
    .filter((row) => ours.has(row['list'] ?? '') && isOwn(row))
    .filter(({ dynamic, disabled }) => (isDynamic(input) || dynamic !== 'true') && disabled !== 'true');
  return {
    address,
    user: userOnBox(input, { address, entries: kept, queue, rules: rules.filter(isOwn), sessions }),
    lists: entries.map(({ list, comment, dynamic }) => ({ list, comment, dynamic })),
    queue: queue === undefined ? null : queueReport(queue),
    sessions,
    owner: ownerOf(account),
  };
}

/** Ping from the box and what ARP says. */
export async function userTest(input: Input, device: Device): Promise<unknown> {
  const address = hostOf(addressOf(input.account));
  const count = input.options.ping_count ?? 3;
  // Nothing in a dry run, which sends no command.
  const replies = (await device.routeros.command('/ping', { address, count: String(count) })) ?? [];
  const [arp] = await device.routeros.print('/ip/arp', { address });
  const times = replies.flatMap(({ time }) => (time === undefined ? [] : [time]));
  return { address, sent: replies.length, received: times.length, times, mac: arp?.['mac-address'] ?? '' };
}

/** Who has the address: by ARP, then by DHCP, then by the hotspot, which may have given him another one than his own. */
const macSources = [
  { from: 'arp', menu: '/ip/arp', at: 'address', mac: 'mac-address' },
  { from: 'dhcp', menu: '/ip/dhcp-server/lease', at: 'active-address', mac: 'active-mac-address' },
  { from: 'hotspot', menu: hostMenu, at: 'to-address', mac: 'mac-address' },
] as const;

/** By the address, or from the session when the subscriber is not in the box's own Ethernet. */
export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  const address = knownAddressOf(input.account);
  for (const { from, menu, at, mac } of address === null ? [] : macSources) {
    const rows = await printIfThere(device, menu, { [at]: hostOf(address ?? '') });
    const found = rows.map((row) => row[mac]).find((text) => text);
    if (found !== undefined) return { mac: found, from };
  }
  const [session] = await activeSessions(input, device);
  return session === undefined ? { mac: '', from: '' } : { mac: session.mac, from: 'session' };
}

/** In the words of `users_from_nas`; null when an account that `user_add` lists is not there. */
function userOnBox(input: Input, { address, entries, queue, rules, sessions }: Seen): BoxUserReport | null {
  const { account, options } = input;
  const names = { user_id: account['user_id'] ?? '', login: account['login'] ?? '', ip: address };
  const isOn = (role: ListRole) => entries.some(({ list }) => list === listsOf(options)[role]);
  if (isDynamic(input)) {
    const isThere = sessions.length > 0;
    return { ...names, exists: isThere || null, ...restrictionsOn(isOn, options), logged: isThere };
  }
  if (isAuthorisedByAddress(input) && !isOn('auth')) return null;
  const rate = queue === undefined ? null : rateOfQueue(queue);
  // Most may be there without a trace, so only a trace tells.
  const exists = entries.length > 0 || queue !== undefined || rules.length > 0 || null;
  const snatip = rules.map(snatipOfRule).find((one) => one !== null) ?? null;
  return { ...names, exists, ...stateOnLists(isOn, options), ...(rate !== undefined && { rate }), snatip };
}

interface Seen {
  readonly address: string;
  readonly entries: readonly RouterOsRow[];
  readonly queue: RouterOsRow | undefined;
  readonly rules: readonly RouterOsRow[];
  readonly sessions: readonly Session[];
}

function queueReport(row: RouterOsRow) {
  const [rate_in, rate_out] = (row['max-limit'] ?? '0/0').split('/').map((bits) => Number(bits) / 1000);
  return { name: row['name'], target: row['target'], rate_in, rate_out, limit_at: row['limit-at'] };
}

function hostOf(address: string): string {
  return address.split('/')[0] ?? '';
}
