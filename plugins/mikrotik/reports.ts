// What the box knows and measures about an account, as plain data for the operator.
import type { Device, RouterOsRow } from '#plugin-sdk';
import { listMenu } from './address-lists.ts';
import { listsOf, queuePrefixOf } from './options.ts';
import { queueMenu } from './queues.ts';
import { activeSessions } from './sessions.ts';
import { addressOf, type Input, knownAddressOf, ownerOf } from './subscriber.ts';

/** Lists, queue and sessions of the account as they are on the box now. */
export async function userInfo(input: Input, device: Device): Promise<unknown> {
  const { account, options } = input;
  const sessions = await activeSessions(input, device);
  const address = knownAddressOf(account) ?? sessions[0]?.address ?? '';
  const entries = address === '' ? [] : await device.routeros.print(listMenu, { address });
  const name = queuePrefixOf(options) + address;
  const [queue] = address === '' ? [] : await device.routeros.print(queueMenu, { name });
  return {
    address,
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

/** From ARP, or from the session when the subscriber is not in the box's own Ethernet. */
export async function userGetMac(input: Input, device: Device): Promise<unknown> {
  const address = knownAddressOf(input.account);
  const rows = address === null ? [] : await device.routeros.print('/ip/arp', { address: hostOf(address) });
  const mac = rows.map((row) => row['mac-address']).find((text) => text);
  if (mac !== undefined) return { mac, from: 'arp' };
  const [session] = await activeSessions(input, device);
  return session === undefined ? { mac: '', from: '' } : { mac: session.mac, from: 'session' };
}

/** Everything that this plugin keeps on the box, by address: for comparing with what should be there. */
export async function usersFromNas(input: Pick<Input, 'options'>, device: Device): Promise<unknown> {
  const { options } = input;
  const roles = new Map(Object.entries(listsOf(options)).map(([role, list]) => [list, role]));
  const prefix = queuePrefixOf(options);
  const users = new Map<string, { address: string; owner: string; lists: string[]; queue: unknown }>();
  const userAt = (address: string, owner: string) => {
    const user = users.get(address) ?? { address, owner, lists: [], queue: null };
    users.set(address, user);
    return user;
  };
  for (const row of await device.routeros.print(listMenu, {}, ['list', 'address', 'comment'])) {
    const role = roles.get(row['list'] ?? '');
    if (role !== undefined) userAt(row['address'] ?? '', row['comment'] ?? '').lists.push(role);
  }
  for (const row of await device.routeros.print(queueMenu, {}, [
    'name',
    'comment',
    'target',
    'max-limit',
    'limit-at',
  ])) {
    const name = row['name'] ?? '';
    if (name.startsWith(prefix)) userAt(name.slice(prefix.length), row['comment'] ?? '').queue = queueReport(row);
  }
  return [...users.values()];
}

function queueReport(row: RouterOsRow) {
  const [rate_in, rate_out] = (row['max-limit'] ?? '0/0').split('/').map((bits) => Number(bits) / 1000);
  return { name: row['name'], target: row['target'], rate_in, rate_out, limit_at: row['limit-at'] };
}

function hostOf(address: string): string {
  return address.split('/')[0] ?? '';
}
