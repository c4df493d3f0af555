// The plan of a resync: takes the whole list of the box first, then goes through the accounts in pages and keeps what differs.
import { setImmediate as breathe } from 'node:timers/promises';
import { wantedOf } from '../model/carried.ts';
import type { ResyncCounts, ResyncItem, ResyncRun, ResyncTopic } from '../model/resync.ts';
import { resyncTopics } from '../model/resync.ts';
import { type Difference, differencesOf } from '../model/state.ts';
import { accountOnBox } from '../plugin-host/account-on-box.ts';
import type { Nas } from '../plugin-host/nas.ts';
import type { KindOnBox } from '../plugin-sdk/index.ts';
import type { Change, KnownAccount, Store } from '../store/store.ts';
import { keysOfBox } from './box-keys.ts';
import { type Compared, compareAccount } from './compare-account.ts';
import { type BoxName, createListed, type Listed } from './compare-listed.ts';
import { recordPages } from './record-pages.ts';
import { guard, staleList, type Verdict } from './resync-guards.ts';

export type PlanStore = Pick<Store, 'recordPage' | 'records' | 'write'>;
export type ResyncBox = Pick<Nas, 'name' | 'profile' | 'listUsers' | 'uptime'>;

export interface Planning {
  readonly run: ResyncRun;
  readonly nas: ResyncBox;
  readonly store: PlanStore;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}

export interface Planned extends Verdict {
  readonly counts: ResyncCounts;
  /** The box gave no list now; it may give one later. */
  readonly later?: true;
}

export const noCounts: ResyncCounts = {
  desired: 0,
  listed: 0,
  same: 0,
  unknown: 0,
  add: 0,
  change: 0,
  remove: 0,
  foreign: 0,
  applied: 0,
  overtaken: 0,
};

const itemsAtOnce = 1000;
/** Of accounts with one login or address, so many are looked at. */
const mostSharers = 20;

export async function makePlan(planning: Planning): Promise<Planned> {
  const { run, nas, clock, signal } = planning;
  const { resync } = nas.profile;
  const since = clock();
  const listed = createListed();
  const listing = await nas.listUsers({ signal, onUsers: (users) => listed.add(users) });
  signal.throwIfAborted();
  if (listing.type === 'unsupported' && resync.fullPush) {
    const counts = await compareAll(planning, null);
    return { state: 'applying', reason: '', counts };
  }
  if (listing.type !== 'listed') {
    const hint =
      listing.type === 'unsupported' ? ' With resync.full_push: true in its profile the box is told everything.' : '';
    const reason = `There is no list: ${listing.reason}${hint} Nothing is changed.`;
    return { state: 'refused', reason, counts: noCounts, ...(listing.type !== 'unsupported' && { later: true }) };
  }
  const stale = staleList({ takenAt: listing.takenAt, since });
  if (stale !== undefined)
    return { state: 'refused', reason: stale, counts: { ...noCounts, listed: listed.size() }, later: true };
  const counts = await compareAll(planning, { listed, kinds: listing.kinds, since });
  return { ...guard({ run, counts, settings: resync }), counts };
}

interface BoxList {
  readonly listed: Listed;
  readonly kinds: readonly KindOnBox[];
  readonly since: number;
}

type Draft = Omit<ResyncItem, 'seq'>;

/** Keeps the items: first what goes, since the address of one who goes may be that of one who comes. */
async function compareAll({ run, nas, store, signal }: Planning, list: BoxList | null): Promise<ResyncCounts> {
  const only: ReadonlySet<ResyncTopic> = new Set(run.only.length === 0 ? resyncTopics : run.only);
  const counts: { -readonly [Name in keyof ResyncCounts]: number } = {
    ...noCounts,
    listed: list?.listed.size() ?? 0,
  };
  const keys = keysOfBox(nas);
  const writer = itemWriter({ run: run.id, store, from: counts.listed + 1 });
  const gone: KnownAccount[] = [];
  let seen: Change[] = [];
  for await (const page of recordPages({ store, nasKeys: keys, signal })) {
    for (const account of page) {
      if (account.desired['exists'] === 'false') {
        // Whoever has its name or address now comes first.
        if (list === null || !only.has('access')) continue;
        if (list.listed.rowsOf(account, false).length > 0) gone.push(account);
        else if (isKnownGone(account, list)) seen.push(seenOn({ account, keys: ['exists'], list }));
        continue;
      }
      if (account.desired['exists'] === 'true') counts.desired++;
      const compared =
        list === null ? pushed(account) : compareOne({ account, list, only, endsLogins: run.only.includes('logged') });
      counts[compared.kind]++;
      if (compared.kind === 'unknown') continue;
      const { kind, differences, confirmed } = compared;
      if (kind !== 'same') writer.add(itemOf({ account, kind, differences }));
      if (list !== null && confirmed.length > 0) seen.push(seenOn({ account, keys: confirmed, list }));
    }
    // A dry run leaves nothing behind.
    if (seen.length > 0 && !run.dryRun) await store.write(seen);
    seen = [];
    await writer.flush();
  }
  if (list === null) return counts;
  const removed = itemWriter({ run: run.id, store, from: 1 });
  const removedNames: BoxName[] = [];
  const remove = (draft: Draft, name: BoxName): void => {
    counts.remove++;
    removedNames.push(name);
    removed.add(draft);
  };
  for (const account of gone) {
    const users = list.listed.rowsOf(account, true).map((row) => list.listed.userAt(row));
    const there = users.find(
      (user) => accountOnBox({ account: account.variables, user, kinds: list.kinds })?.exists === true,
    );
    if (there !== undefined)
      remove(removalOf({ userId: account.userId, version: account.version, name: there }), there);
  }
  for await (const { name, record } of leftovers({ listed: list.listed, store, signal })) {
    const isHere = record !== undefined && keys.includes(record.nasKey) && record.desired['exists'] !== 'false';
    // Told of after its page was read, or found by another name: no stranger, and not to go.
    if (isHere) continue;
    if (!only.has('access') || (record === undefined && name.user_id === '')) counts.foreign++;
    else remove(removalOf({ userId: record?.userId ?? name.user_id, version: record?.version ?? 0, name }), name);
    if (removed.waiting() >= itemsAtOnce) await removed.flush();
  }
  await removed.flush();
  for (const name of removedNames) {
    signal.throwIfAborted();
    for (const account of await sharersOf({ name, store, keys })) {
      counts.add++;
      writer.add(itemOf({ account, kind: 'add', differences: differencesOf(wantedOf(account), {}) }));
    }
    if (writer.waiting() >= itemsAtOnce) await writer.flush();
  }
  await writer.flush();
  return counts;
}

interface One {
  readonly account: KnownAccount;
  readonly list: BoxList;
  readonly only: ReadonlySet<ResyncTopic>;
  /** Only when it was asked for: with a packet of accounting lost, one who is online counts as logged out. */
  readonly endsLogins: boolean;
}

function compareOne({ account, list, only, endsLogins }: One): Compared {
  const { listed, kinds, since } = list;
  const users = listed.rowsOf(account, true).map((row) => listed.userAt(row));
  return compareAccount({ account, users, kinds, only, endsLogins, tells: listed.tells, since });
}

/** Not listed though its removal is not known to have been done: it has. */
function isKnownGone(account: KnownAccount, { kinds }: BoxList): boolean {
  if (account.applied['exists']?.value !== 'true') return false;
  return accountOnBox({ account: account.variables, user: undefined, kinds })?.exists === false;
}

/** What the box was seen to have is as good as made. */
function seenOn({ account, keys, list }: { account: KnownAccount; keys: readonly string[]; list: BoxList }): Change {
  const { userId, nasKey, applied } = account;
  const desired = wantedOf(account, (name) => keys.includes(name));
  const marks = Object.fromEntries(
    keys.map((key) => {
      const job = applied[key]?.failed?.job ?? applied[key]?.job;
      return [key, { value: desired[key] ?? '', at: list.since, ...(job !== undefined && { job }) }];
    }),
  );
  return { type: 'applied', userId, nasKey, marks, ...(desired['exists'] === 'false' && { all: true as const }) };
}

function pushed(account: KnownAccount): Compared {
  if (account.desired['exists'] !== 'true') return { kind: 'unknown' };
  return { kind: 'add', differences: differencesOf(wantedOf(account), {}, (key) => key === 'logged'), confirmed: [] };
}

interface Different {
  readonly account: Pick<KnownAccount, 'userId' | 'version'>;
  readonly kind: 'add' | 'change';
  readonly differences: readonly Difference[];
}

function itemOf({ account, kind, differences }: Different): Draft {
  const plain = differences.map(({ key, desired, found }) => ({ key, desired, found: found ?? null }));
  return { userId: account.userId, kind, version: account.version, differences: plain, identity: {} };
}

function removalOf({ userId, version, name }: { userId: string; version: number; name: BoxName }): Draft {
  const { user_id, login, ip } = name;
  const differences = [{ key: 'exists', desired: 'false', found: 'true' }];
  return { userId, kind: 'remove', version, differences, identity: { user_id, login, ip } };
}

/** Who is listed and was no account of this box, with the account that it is elsewhere. By its address alone it may be anybody's. */
async function* leftovers({ listed, store, signal }: { listed: Listed; store: PlanStore; signal: AbortSignal }) {
  for (const part of listed.unclaimed()) {
    await breathe();
    for (let at = 0; at < part.length; at += itemsAtOnce) {
      signal.throwIfAborted();
      const names = part.slice(at, at + itemsAtOnce);
      const records = await store.records(names.flatMap(({ user_id }) => (user_id === '' ? [] : [user_id])));
      for (const name of names) {
        const isNamed = name.user_id === '' && name.login !== '';
        const byLogin = isNamed ? await store.recordPage({ login: name.login, limit: mostSharers }) : [];
        const present = byLogin.find(({ desired }) => desired['exists'] !== 'false');
        yield { name, record: records.get(name.user_id) ?? present ?? byLogin[0] };
      }
    }
  }
}

/** Accounts of this box with the address of one that goes: removing that one may take what they have, so they are told anew. */
async function sharersOf({ name, store, keys }: { name: BoxName; store: PlanStore; keys: readonly string[] }) {
  if (name.ip === '') return [];
  const records = await store.recordPage({ ip: name.ip, limit: mostSharers });
  return records.filter(
    ({ userId, nasKey, desired }) => userId !== name.user_id && keys.includes(nasKey) && desired['exists'] === 'true',
  );
}

function itemWriter({ run, store, from }: { run: string; store: PlanStore; from: number }) {
  let seq = from;
  let items: ResyncItem[] = [];
  return {
    add: (draft: Draft): void => void items.push({ seq: seq++, ...draft }),
    waiting: () => items.length,
    async flush() {
      if (items.length === 0) return;
      const written = items;
      items = [];
      await store.write([{ type: 'resync-items', run, items: written }]);
    },
  };
}
