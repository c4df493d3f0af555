// Everything that this plugin keeps on the box and who is logged in there, page by page: for comparing with what should be there.
import type { BoxState, BoxUser, KindOnBox, RouterOsRow, UserListInfo } from '#plugin-sdk';
import { listMenu } from './address-lists.ts';
import { natMenu, ruleProperties, snatipOfRule } from './nat.ts';
import {
  type Device,
  ipAuthTypesOf,
  type ListRole,
  listsOf,
  type MikrotikOptions,
  natChainOf,
  queuePrefixOf,
  radiusAuthTypesOf,
} from './options.ts';
import { queueMenu, rateOfQueue } from './queues.ts';
import { pagesOfSessions } from './session-list.ts';
import { ownerIdOf } from './subscriber.ts';

export const roles: readonly ListRole[] = ['auth', 'blocked', 'negbal', 'own_disabled'];
/** Small enough that other boxes' hooks do not wait for it in the same worker. */
const pageSize = 1000;

/** What of one address is on the lists: a bit for each role. Small, since a box may have a hundred thousand of them. */
interface Entry {
  bits: number;
  owner: string;
  snatip?: string;
}
type Entries = Map<string, Entry>;

export async function* usersFromNas(
  { options }: { readonly options: MikrotikOptions },
  device: Device,
): AsyncGenerator<BoxUser[], UserListInfo> {
  const kept: Entries = new Map();
  /** Of entries that RADIUS put there for the time of a session. */
  const lent: Entries = new Map();
  for (const list of new Set(Object.values(listsOf(options)))) {
    const bits = bitsOfList(options, list);
    for await (const rows of pagesOf(device, listMenu, { list }, ['address', 'comment', 'dynamic', 'disabled']))
      for (const row of rows) if (row['disabled'] !== 'true') addTo(row['dynamic'] === 'true' ? lent : kept, row, bits);
  }
  for await (const rows of pagesOf(device, natMenu, { chain: natChainOf(options) }, ruleProperties))
    for (const row of rows) translated(kept, row);
  for await (const rows of pagesOfSessions(device)) {
    // Who has an address of his own is known by that.
    const dynamic = rows.filter(({ framedIp }) => !kept.has(framedIp));
    yield dynamic.map(({ userName, framedIp }) => sessionUser({ options, userName, framedIp, lent }));
  }
  yield* usersWithQueue({ options, device, kept });
  let rest: BoxUser[] = [];
  for (const [address, entry] of kept) {
    rest.push(userOf({ address, entry, rate: null, options }));
    if (rest.length === pageSize) {
      yield rest;
      rest = [];
    }
  }
  yield rest;
  return { kinds: kindsOf(options) };
}

/** What an account has of which the box keeps nothing. */
const clean: BoxState = { accept: true, redirect: false, own_disabled: false, logged: false, rate: null, snatip: null };

function kindsOf(options: MikrotikOptions): KindOnBox[] {
  return [
    // RADIUS tells everything about a session without an address of its own, and the others are not known here at all.
    { kind: { ip: 'none' }, unlisted: 'unknown' },
    { kind: { auth_types: ipAuthTypesOf(options) }, addLogsIn: true },
    { kind: {}, unlisted: clean },
  ];
}

interface WithQueue {
  readonly options: MikrotikOptions;
  readonly device: Device;
  /** Loses those that have a queue. */
  readonly kept: Entries;
}

async function* usersWithQueue({ options, device, kept }: WithQueue): AsyncGenerator<BoxUser[], void> {
  const prefix = queuePrefixOf(options);
  for await (const rows of pagesOf(device, queueMenu, {}, ['name', 'comment', 'max-limit', 'limit-at', 'disabled'])) {
    yield rows
      .filter((row) => row['name']?.startsWith(prefix))
      .map((row) => {
        const address = row['name']?.slice(prefix.length) ?? '';
        addTo(kept, { ...row, address }, 0);
        const entry: Entry = kept.get(address) ?? { bits: 0, owner: '' };
        kept.delete(address);
        return userOf({ address, entry, rate: rateOfQueue(row), options });
      });
  }
}

function addTo(entries: Entries, row: RouterOsRow, bits: number): void {
  const address = row['address'] ?? '';
  const owner = ownerIdOf(row['comment']);
  const entry = entries.get(address);
  if (entry === undefined) entries.set(address, { bits, owner });
  else {
    entry.bits |= bits;
    if (entry.owner === '') entry.owner = owner;
    // Two names at one address: who it is now is known by the address alone.
    else if (owner !== '' && owner !== entry.owner) entry.owner = '';
  }
}

function translated(entries: Entries, row: RouterOsRow): void {
  const address = row['src-address'] ?? '';
  const snatip = snatipOfRule(row);
  // Of two rules for one address the first counts.
  if (address === '' || snatip === null || entries.get(address)?.snatip !== undefined) return;
  addTo(entries, { ...row, address }, 0);
  const entry = entries.get(address);
  if (entry !== undefined) entry.snatip = snatip;
}

interface Kept {
  readonly address: string;
  readonly entry: Entry;
  readonly rate: BoxState['rate'] | undefined;
  readonly options: MikrotikOptions;
}

function userOf({ address, entry, rate, options }: Kept): BoxUser {
  const state = stateOnLists((role) => (entry.bits & bitOf(role)) > 0, options);
  const snatip = entry.snatip ?? null;
  return { user_id: entry.owner, login: '', ip: address, ...state, ...(rate !== undefined && { rate }), snatip };
}

/** Where one list serves for several, being on it does not say for which. */
export function stateOnLists(isOn: (role: ListRole) => boolean, options: MikrotikOptions): BoxState {
  const told = (role: ListRole): boolean => !isOn(role) || bitsOfList(options, listsOf(options)[role]) === bitOf(role);
  return {
    ...(told('blocked') && { accept: !isOn('blocked') }),
    ...(told('negbal') && { redirect: isOn('negbal') }),
    ...(told('own_disabled') && { own_disabled: isOn('own_disabled') }),
    ...(told('auth') && { logged: isOn('auth') }),
  };
}

interface SessionAt {
  readonly options: MikrotikOptions;
  readonly userName: string;
  readonly framedIp: string;
  readonly lent: Entries;
}

function sessionUser({ options, userName, framedIp, lent }: SessionAt): BoxUser {
  const bits = lent.get(framedIp)?.bits ?? 0;
  return {
    user_id: '',
    login: userName,
    ip: framedIp,
    of: { auth_types: radiusAuthTypesOf(options), ip: 'none' },
    ...restrictionsOn((role) => (bits & bitOf(role)) > 0, options),
  };
}

/** Of a session: a restriction is seen on the lists; that there is none is not, since RADIUS may restrict otherwise. */
export function restrictionsOn(isOn: (role: ListRole) => boolean, options: MikrotikOptions): BoxState {
  const { accept, redirect, own_disabled } = stateOnLists(isOn, options);
  return {
    ...(accept === false && { accept }),
    ...(redirect === true && { redirect }),
    ...(own_disabled === true && { own_disabled }),
  };
}

function bitOf(role: ListRole): number {
  return 1 << roles.indexOf(role);
}

function bitsOfList(options: MikrotikOptions, list: string): number {
  return roles.filter((role) => listsOf(options)[role] === list).reduce((bits, role) => bits | bitOf(role), 0);
}

function pagesOf(device: Device, menu: string, where: RouterOsRow, proplist: readonly string[]) {
  return device.routeros.pages(menu, where, proplist, { size: pageSize });
}
