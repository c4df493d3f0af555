// The drift over all boxes: what accounts should have against what was last made of them, counted from the store in pages.
import { OssiaError, toOssiaError } from '../errors.ts';
import { type NasRef, nasKeyOf } from '../model/account.ts';
import { networkKeys } from '../model/network.ts';
import { type Difference, serviceOf } from '../model/state.ts';
import type { Nas } from '../plugin-host/nas.ts';
import type { KnownAccount, Store } from '../store/store.ts';
import { keysOfBox } from './box-keys.ts';
import { madeOf } from './made.ts';
import { recordPages } from './record-pages.ts';
import type { Drift, DriftAccount, DriftOfBox, DriftReport } from './resyncs.ts';

type NamedBox = Pick<Nas, 'name' | 'profile'>;

export interface DriftOptions {
  readonly store: Pick<Store, 'recordPage' | 'unended' | 'resyncRuns'>;
  readonly boxes: { find(ref: NasRef): NamedBox | undefined; get(name: string): NamedBox | undefined };
  readonly clock: () => number;
  readonly log: { warn(fields: object, message: string): void };
  /** Milliseconds between two counts; null: only when it is asked. */
  readonly everyMs: number | null;
}

/** Of the time, so little goes into counting. */
const mostShare = 0.05;
/** A page of differing accounts is looked for so long. */
const pageMs = 2000;
const jobsAtOnce = 2000;

interface Tally {
  accounts: number;
  differing: number;
  unsupported: number;
  pending: number;
  failed: number;
  readonly byKey: Record<string, number>;
}

export function createDrift({ store, boxes, clock, log, everyMs }: DriftOptions): Drift {
  const closing = new AbortController();
  let last: DriftReport | null = null;
  let counting: Promise<DriftReport> | null = null;
  let timer: NodeJS.Timeout | undefined;

  async function count(): Promise<DriftReport> {
    const began = performance.now();
    const at = clock();
    const pending = await pendingLanes();
    const names = boxNames();
    const tallies = new Map<string, Tally>();
    for await (const page of recordPages({ store, signal: closing.signal }))
      for (const account of page) countOne({ account, tally: tallyOf(tallies, names(account.nasKey)), pending });
    const reports = [];
    for (const [nas, tally] of tallies) reports.push({ nas, ...tally, lastResync: await lastResyncOf(nas) });
    last = { at, boxes: reports.sort((one, other) => (one.nas < other.nas ? -1 : 1)) };
    again(performance.now() - began);
    return last;
  }

  function again(tookMs: number): void {
    clearTimeout(timer);
    if (everyMs === null || closing.signal.aborted) return;
    timer = setTimeout(
      () => {
        shared().catch((error) => {
          if (closing.signal.aborted) return;
          log.warn({ err: toOssiaError(error) }, 'the drift could not be counted');
          again(tookMs);
        });
      },
      Math.max(everyMs, tookMs / mostShare),
    ).unref();
  }

  /** Who asks while it is counted gets that count. */
  function shared(): Promise<DriftReport> {
    counting ??= count().finally(() => {
      counting = null;
    });
    return counting;
  }

  /** Lanes in which something is to be done. */
  async function pendingLanes(): Promise<ReadonlySet<string>> {
    const lanes = new Set<string>();
    for (let after = '0'; ; ) {
      const page = await store.unended(after, jobsAtOnce);
      closing.signal.throwIfAborted();
      for (const { lane } of page) lanes.add(lane);
      const next = page.at(-1)?.id;
      if (next === undefined || page.length < jobsAtOnce) return lanes;
      after = next;
    }
  }

  function boxNames(): (nasKey: string) => string {
    const names = new Map<string, string>();
    return (nasKey) => {
      const known = names.get(nasKey);
      if (known !== undefined) return known;
      const ref = nasKey.startsWith('id:') ? { nas_id: nasKey.slice(3) } : { nas_ip: nasKey };
      const name = boxes.find(ref)?.name ?? nasKey;
      names.set(nasKey, name);
      return name;
    };
  }

  async function lastResyncOf(nas: string): Promise<DriftOfBox['lastResync']> {
    const [run] = await store.resyncRuns({ nas, states: ['asks', 'applying', 'done'], limit: 1 });
    if (run === undefined) return null;
    const { add, change, remove } = run.counts;
    return { id: run.id, at: run.createdAt, state: run.state, differing: add + change + remove };
  }

  if (everyMs !== null) again(0);

  return {
    report({ maxAgeMs }) {
      if (last !== null && clock() - last.at <= maxAgeMs) return Promise.resolve(last);
      return shared();
    },
    last: () => last,
    async accounts({ nas, after, limit }) {
      const nasKeys = nas === undefined ? undefined : keysNamed(nas);
      const names = boxNames();
      const found: DriftAccount[] = [];
      const until = performance.now() + pageMs;
      const start = { ...(nasKeys && { nasKeys }), ...(after !== undefined && { after }) };
      for await (const page of recordPages({ store, signal: closing.signal, ...start })) {
        for (const account of page) {
          const { differences } = madeOf(account);
          if (differences.length > 0) found.push(driftAccount({ account, nas: names(account.nasKey), differences }));
          if (found.length >= limit) return { accounts: found, next: account.userId };
        }
        const end = page.at(-1);
        if (end !== undefined && performance.now() > until) return { accounts: found, next: end.userId };
      }
      return { accounts: found, next: null };
    },
    async close() {
      clearTimeout(timer);
      closing.abort();
      await counting?.catch(() => undefined);
    },
  };

  function keysNamed(name: string): readonly string[] {
    const nas = boxes.get(name);
    if (nas !== undefined) return keysOfBox(nas);
    // As the report calls a box that has no profile.
    if (networkKeys(name) !== undefined) return [nasKeyOf({ nas_ip: name })];
    if (name.startsWith('id:')) return [name];
    throw new OssiaError('not_found', `There is no NAS profile ${name.slice(0, 64)} in force.`);
  }
}

function tallyOf(tallies: Map<string, Tally>, nas: string): Tally {
  const known = tallies.get(nas);
  if (known !== undefined) return known;
  const made = { accounts: 0, differing: 0, unsupported: 0, pending: 0, failed: 0, byKey: {} };
  tallies.set(nas, made);
  return made;
}

function countOne(one: { account: KnownAccount; tally: Tally; pending: ReadonlySet<string> }): void {
  const { account, tally, pending } = one;
  if (account.desired['exists'] !== 'false') tally.accounts++;
  const { differences, unsupported } = madeOf(account);
  if (differences.length === 0) {
    if (unsupported.length > 0) tally.unsupported++;
    return;
  }
  tally.differing++;
  if (pending.has(`${account.userId}@${account.nasKey}`)) tally.pending++;
  if (differences.some(({ key }) => account.applied[key]?.failed !== undefined)) tally.failed++;
  const keys = new Set(differences.map(({ key }) => (serviceOf(key) === undefined ? key : 'service')));
  for (const key of keys) tally.byKey[key] = (tally.byKey[key] ?? 0) + 1;
}

function driftAccount(one: { account: KnownAccount; nas: string; differences: readonly Difference[] }): DriftAccount {
  const { account, nas, differences } = one;
  return {
    userId: account.userId,
    login: account.variables['login'] ?? '',
    nas,
    differences: differences.map((difference) => ({
      ...difference,
      failed: account.applied[difference.key]?.failed?.reason ?? null,
    })),
  };
}
