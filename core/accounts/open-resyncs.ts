// The resyncs: one open run for each box, its plan and its state on disk, going on where it was after a restart.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Effects } from '../map/effects.ts';
import type { ResyncRun, ResyncState } from '../model/resync.ts';
import type { NasStatus } from '../plugin-host/nas.ts';
import type { Queue } from '../queue/queue.ts';
import type { Change, Store } from '../store/store.ts';
import { type Fed, feed } from './resync-feeder.ts';
import { makePlan, noCounts, type Planned, type ResyncBox } from './resync-plan.ts';
import type { ResyncRequest, Resyncs } from './resyncs.ts';

export interface ResyncsOptions {
  readonly store: Pick<Store, 'write' | 'records' | 'recordPage' | 'resyncRun' | 'resyncRuns' | 'resyncItems'>;
  readonly queue: Pick<Queue, 'accept' | 'backgroundDepth'>;
  readonly boxes: {
    get(name: string): ResyncBox | undefined;
    list(): readonly Pick<NasStatus, 'name' | 'problem'>[];
  };
  readonly effects: Effects;
  readonly clock: () => number;
  readonly log: ResyncLog;
  /** Milliseconds between the tries to list a box that has just begun anew. */
  readonly retryMs?: number;
}

export interface ResyncLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

interface Active {
  run: ResyncRun;
  readonly stop: AbortController;
  task: Promise<void>;
}

const open: readonly ResyncState[] = ['planning', 'asks', 'applying'];
/** A plan that was left so long says little of the box. */
const mostPlanAgeMs = 3_600_000;
const triesAfterReboot = 20;
const sameRebootMs = 5000;

export async function openResyncs(options: ResyncsOptions): Promise<Resyncs> {
  const { store, queue, boxes, effects, clock, log, retryMs = 15_000 } = options;
  /** By box. */
  const active = new Map<string, Active>();
  const listeners = new Set<(run: ResyncRun) => void>();
  const tasks = new Set<Promise<void>>();
  let closed = false;

  async function save(entry: Active, change: Partial<ResyncRun>, more: readonly Change[] = []): Promise<ResyncRun> {
    const run = { ...entry.run, ...change, updatedAt: clock() };
    await store.write([{ type: 'resync-run', run }, ...more]);
    entry.run = run;
    if (!open.includes(run.state) && active.get(run.nas) === entry) active.delete(run.nas);
    for (const listener of listeners) listener(run);
    if (change.state !== undefined) {
      const fields = { nas: run.nas, run: run.id, state: run.state, cause: run.cause, by: run.by, ...run.counts };
      const level = run.state === 'refused' || run.state === 'asks' ? 'warn' : 'info';
      log[level](fields, `resync: ${run.state}${run.reason === '' ? '' : `: ${run.reason}`}`);
    }
    return run;
  }

  /** As often as it takes: what was handed on is in the queue already. */
  async function keep(entry: Active, change: Partial<ResyncRun>): Promise<void> {
    for (;;) {
      const error = await save(entry, change).then(() => undefined, toOssiaError);
      if (error === undefined) return;
      if (error.code !== 'store_failed') throw error;
      await sleep(1000, undefined, { signal: entry.stop.signal });
    }
  }

  /** What it does in the background, to the end of the run or until it is called off. */
  function work(entry: Active, act: () => Promise<void>): void {
    entry.task = act()
      .catch(async (error) => {
        if (entry.stop.signal.aborted) return;
        await save(entry, { state: 'cancelled', reason: `It broke off: ${toOssiaError(error).message}` });
      })
      .catch((error) => log.warn({ nas: entry.run.nas, err: toOssiaError(error) }, 'resync: its end is not on disk'))
      .finally(() => tasks.delete(entry.task));
    tasks.add(entry.task);
  }

  async function plan(entry: Active): Promise<void> {
    const { signal } = entry.stop;
    const planned = await planOf(entry, signal);
    signal.throwIfAborted();
    const { counts, state, reason } = planned;
    const items = counts.add + counts.change + counts.remove;
    if (state === 'refused') return void (await save(entry, { counts, state, reason }));
    if (entry.run.dryRun) {
      const would = state === 'asks' ? `Without --dry-run it would stop and ask: ${reason}` : '';
      return void (await save(entry, { counts, state: 'done', reason: would }));
    }
    if (items === 0) return void (await save(entry, { counts, state: 'done', reason: '' }));
    await save(entry, { counts, state, reason });
    if (state === 'applying') await apply(entry);
  }

  async function planOf(entry: Active, signal: AbortSignal): Promise<Planned> {
    for (let tries = 1; ; tries++) {
      const nas = boxes.get(entry.run.nas);
      if (nas === undefined) return { state: 'refused', reason: 'Its profile is not in force.', counts: noCounts };
      const planned = await makePlan({ run: entry.run, nas, store, clock, signal });
      // A box that begins anew says so before it can be asked.
      const isLate = planned.later === true && entry.run.cause === 'reboot' && tries < triesAfterReboot;
      if (!isLate) return planned;
      await sleep(retryMs, undefined, { signal });
    }
  }

  async function apply(entry: Active): Promise<void> {
    const fed: Fed = await feed(entry.run, {
      store,
      queue,
      effects,
      clock,
      box: () => boxes.get(entry.run.nas),
      save: (run) => keep(entry, { cursor: run.cursor, counts: run.counts }),
      signal: entry.stop.signal,
    });
    if (fed.type === 'lost')
      return void (await save(entry, { state: 'cancelled', reason: 'Its profile is no longer in force.' }));
    const reason = fed.left === 0 ? '' : `${fed.left} of its jobs still wait for the box.`;
    await save(entry, { state: 'done', reason });
  }

  async function begin(asked: ResyncRequest): Promise<ResyncRun> {
    if (closed) throw new OssiaError('stopping', 'The daemon is stopping.');
    if (boxes.get(asked.nas) === undefined) throw notInForce(asked.nas);
    const before = active.get(asked.nas);
    if (before !== undefined && before.run.state !== 'asks')
      throw new OssiaError(
        'conflict',
        `Resync ${before.run.id} of ${asked.nas} is ${before.run.state}; wait for its end, or cancel it first.`,
      );
    const now = clock();
    const run: ResyncRun = {
      ...asked,
      id: randomBytes(5).toString('hex'),
      state: 'planning',
      reason: '',
      counts: noCounts,
      cursor: 0,
      createdAt: now,
      updatedAt: now,
    };
    const entry: Active = { run, stop: new AbortController(), task: Promise.resolve() };
    active.set(run.nas, entry);
    try {
      if (before !== undefined) await end(before, `Resync ${run.id} took its place.`);
      await save(entry, { state: 'planning' });
    } catch (error) {
      active.delete(run.nas);
      throw error;
    }
    work(entry, () => plan(entry));
    return run;
  }

  function notInForce(nas: string): OssiaError {
    const known = boxes.list().find(({ name }) => name === nas);
    if (known === undefined) return new OssiaError('not_found', `There is no NAS profile ${nas.slice(0, 64)}.`);
    return new OssiaError('conflict', `The profile of ${nas} is not in force: ${known.problem}`);
  }

  async function end(entry: Active, reason: string, more: readonly Change[] = []): Promise<ResyncRun> {
    entry.stop.abort();
    await entry.task;
    if (!open.includes(entry.run.state))
      throw new OssiaError('conflict', `Resync ${entry.run.id} is ${entry.run.state}.`);
    return save(entry, { state: 'cancelled', reason }, more);
  }

  async function openRun(id: string): Promise<Active> {
    for (const entry of active.values()) if (entry.run.id === id) return entry;
    const run = await store.resyncRun(id);
    if (run === undefined) throw new OssiaError('not_found', `There is no resync ${id.slice(0, 64)}.`);
    throw new OssiaError('conflict', `Resync ${id} is ${run.state}.`);
  }

  const audit = (action: string, { id, nas, counts }: ResyncRun, by: string): Change => ({
    type: 'audit',
    entry: { at: clock(), by, action, detail: { run: id, nas, ...counts } },
  });

  async function get(id: string): Promise<ResyncRun | undefined> {
    for (const { run } of active.values()) if (run.id === id) return run;
    return store.resyncRun(id);
  }

  for (const run of await store.resyncRuns({ states: open, limit: 100_000 })) {
    const entry: Active = { run, stop: new AbortController(), task: Promise.resolve() };
    active.set(run.nas, entry);
    if (run.state === 'applying') work(entry, () => apply(entry));
    // Half a plan is no plan; what there is of its items is of no use to another.
    if (run.state !== 'planning') continue;
    await end(entry, 'The daemon ended while this was planned; it is begun anew.');
    const { nas, only, dryRun, expectEmpty = false, by, cause } = run;
    await begin({ nas, only, dryRun, expectEmpty, by, cause }).catch((error) =>
      log.warn({ nas, err: toOssiaError(error) }, 'resync: not begun anew'),
    );
  }

  return {
    start: begin,
    async planned(id, signal) {
      const found = async () => {
        const run = await get(id);
        if (run === undefined) throw new OssiaError('not_found', `There is no resync ${id.slice(0, 64)}.`);
        return run;
      };
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const listener = (run: ResyncRun) => run.id === id && run.state !== 'planning' && resolve();
      const onAbort = () => reject(new OssiaError('aborted', 'The plan is not ready yet.'));
      listeners.add(listener);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        signal.throwIfAborted();
        if ((await found()).state === 'planning') await promise;
        return await found();
      } finally {
        listeners.delete(listener);
        signal.removeEventListener('abort', onAbort);
      }
    },
    get,
    list: (filter) => store.resyncRuns(filter),
    items: (id, { after, limit }) => store.resyncItems(id, after, limit),
    async approve(id, by) {
      const entry = await openRun(id);
      const { run } = entry;
      if (run.state !== 'asks') throw new OssiaError('conflict', `Resync ${id} is ${run.state}; it does not ask.`);
      if (clock() - run.updatedAt > mostPlanAgeMs)
        throw new OssiaError('conflict', `The plan of resync ${id} is older than an hour; make a new one.`);
      // At once: nobody else can approve it while this is being written.
      entry.run = { ...run, state: 'applying' };
      try {
        const more = [audit('resync.approve', run, by)];
        const approved = await save(entry, { state: 'applying', reason: `approved by ${by}` }, more);
        work(entry, () => apply(entry));
        return approved;
      } catch (error) {
        entry.run = run;
        throw error;
      }
    },
    async cancel(id, by) {
      const entry = await openRun(id);
      return end(entry, `cancelled by ${by}`, [audit('resync.cancel', entry.run, by)]);
    },
    rebooted(nas) {
      const box = boxes.get(nas);
      if (box === undefined || !box.profile.resync.onReboot || closed) return;
      const before = active.get(nas);
      // It says so several times.
      if (before?.run.cause === 'reboot' && clock() - before.run.createdAt < sameRebootMs) return;
      const task = (async () => {
        // One that comes to its end by itself meanwhile was of before the reboot as well.
        if (before !== undefined) await end(before, 'The box has begun anew.').catch(unlessEnded);
        await begin({ nas, only: [], dryRun: false, by: 'ossia', cause: 'reboot' });
      })()
        .catch((error) => log.warn({ nas, err: toOssiaError(error) }, 'resync: none was begun after the reboot'))
        .finally(() => tasks.delete(task));
      tasks.add(task);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      closed = true;
      for (const { stop } of active.values()) stop.abort();
      await Promise.allSettled(tasks);
    },
  };
}

function unlessEnded(error: unknown): void {
  if (toOssiaError(error).code !== 'conflict') throw error;
}
