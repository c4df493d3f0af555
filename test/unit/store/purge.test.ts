// What is old goes, slice by slice, and nothing else: what has not ended stays, ids are not given again, live writes go on.
import { expect, onTestFinished, test } from 'vitest';
import type { Job } from '#core/model/job.ts';
import type { ResyncRun } from '#core/model/resync.ts';
import { startRetention } from '#core/store/retention.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Change, Purge, Store } from '#core/store/store.ts';
import { sessionBook } from '#test/support/session-book.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { storedJob } from './stored-job.ts';

async function open(directory = tempDir()): Promise<Store> {
  const store = await openStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

function eventOf(id: string, jobs: readonly Job[]): Change {
  const account = jobs[0]?.account ?? { user_id: '1' };
  return { type: 'event', event: { id, hook: 'user_drop', account, occurredAt: '', source: 'http' }, jobs };
}

function noteOn(jobId: string, text: string): Change {
  return { type: 'journal', jobId, entries: [{ at: 1, attempt: 1, nas: 'b', kind: 'note', via: 'test', text }] };
}

async function purgeAll(store: Store, what: Omit<Purge, 'limit'>, limit = 2): Promise<number> {
  for (let gone = 0; ; ) {
    const now = await store.purge({ ...what, limit });
    gone += now;
    if (now < limit) return gone;
  }
}

test('ended jobs go with their journal and their event; what has not ended, or ended later, stays with its own', async () => {
  const directory = tempDir();
  const store = await open(directory);
  const old = { createdAt: 10, updatedAt: 20 };
  const [done, dead, parked, late, shared] = [
    storedJob(1, { state: 'done', ...old }),
    storedJob(2, { state: 'dead', ...old }),
    storedJob(3, { state: 'parked', ...old }),
    storedJob(4, { state: 'done', createdAt: 10, updatedAt: 90 }),
    storedJob(5, { state: 'skipped', eventId: 'e4', ...old }),
  ] as const;
  await store.write([
    eventOf('e1', [done]),
    eventOf('e2', [dead]),
    eventOf('e3', [parked]),
    eventOf('e4', [late, shared]),
  ]);
  await store.write(['1', '2', '3', '4', '5'].map((id) => noteOn(id, `журнал ${id}`)));

  expect(await purgeAll(store, { what: 'jobs', before: 50 })).toBe(3);

  expect((await store.jobs({ limit: 9 })).map(({ id }) => id)).toEqual(['4', '3']);
  expect(await Promise.all(['1', '2', '5'].map(store.journal))).toEqual([[], [], []]);
  expect((await store.journal('3')).map(({ text }) => text)).toEqual(['журнал 3']);
  expect(await Promise.all(['e1', 'e2'].map(store.event))).toEqual([undefined, undefined]);
  expect((await Promise.all(['e3', 'e4'].map(store.event))).map((event) => event?.id)).toEqual(['e3', 'e4']);
  expect(await store.job('4')).toEqual(late);
});

test('an id of a job that was removed for its age is not given again after a restart', async () => {
  const directory = tempDir();
  const first = await openStore({ directory });
  await first.write([eventOf('e7', [storedJob(7, { state: 'done' })])]);
  await first.purge({ what: 'jobs', before: 50, limit: 9 });
  await first.close();
  const store = await open(directory);
  expect(await store.job('7')).toBeUndefined();
  expect(await store.lastJobId()).toBe('7');
});

test('behind thousands of old jobs that have not ended, those that have are found', async () => {
  const store = await open();
  const state = (id: number) => (id > 5_990 && id <= 6_000 ? 'done' : 'parked');
  const jobs = Array.from({ length: 6_010 }, (_, index) =>
    storedJob(index + 1, { state: state(index + 1), eventId: 'e' }),
  );
  await store.write([eventOf('e', jobs)]);
  expect(await purgeAll(store, { what: 'jobs', before: 50 }, 4)).toBe(10);
  expect(await store.jobs({ states: ['done'], limit: 9 })).toEqual([]);
  expect(await store.unended('6000', 100)).toHaveLength(10);
});

test('events that made no job go by their own age', async () => {
  const store = await open();
  await store.write([eventOf('none', [])]);
  expect(await store.purge({ what: 'jobs', before: Date.now() - 60_000, limit: 9 })).toBe(0);
  expect(await store.event('none')).toBeDefined();
  expect(await store.purge({ what: 'jobs', before: Date.now() + 60_000, limit: 9 })).toBe(1);
  expect(await store.event('none')).toBeUndefined();
});

test('the journal of ended jobs goes before the jobs; that of the others stays', async () => {
  const store = await open();
  const jobs = [
    storedJob(1, { state: 'done', eventId: 'e' }),
    storedJob(2, { state: 'retrying', eventId: 'e' }),
    storedJob(3, { state: 'dead', eventId: 'e', updatedAt: 90 }),
  ];
  await store.write([eventOf('e', jobs)]);
  await store.write([...['1', '2', '3', '1', '1'].map((id) => noteOn(id, id))]);
  expect(await purgeAll(store, { what: 'journal', before: 50 })).toBe(3);
  const left = await Promise.all(['1', '2', '3'].map(store.journal));
  expect(left.map(({ length }) => length)).toEqual([0, 1, 1]);
  expect(await store.job('1')).toBeDefined();
});

test('closed sessions go by their end, audit by its time, resyncs that are over with all of their plan', async () => {
  const store = await open();
  const session = (id: string, startedAt: number, endedAt: number): Change => ({
    type: 'session',
    session: sessionBook().put({ id, key: id, startedAt, endedAt }),
  });
  await store.write([session('s1', 1, 20), session('s2', 2, 90), session('s3', 3, 0)]);
  await store.cdrs({ where: [], newestFirst: true, limit: 9 });
  const entry = (at: number): Change => ({
    type: 'audit',
    entry: { at, by: 'Марта', action: 'pause', detail: { at } },
  });
  await store.write([entry(10), entry(20), entry(90)]);
  const item = (seq: number) => ({ seq, userId: 'ж', kind: 'add', version: 1, differences: [], identity: {} }) as const;
  const run = (id: string, state: ResyncRun['state'], updatedAt = 20): Change => ({
    type: 'resync-run',
    run: runOf({ id, state, updatedAt }),
  });
  await store.write([run('r1', 'done'), run('r2', 'asks'), run('r3', 'done', 90), run('r4', 'cancelled')]);
  for (const id of ['r1', 'r2', 'r3'])
    await store.write([{ type: 'resync-items', run: id, items: [1, 2, 3, 4, 5].map(item) }]);

  expect(await purgeAll(store, { what: 'cdrs', before: 50 })).toBe(1);
  expect(await purgeAll(store, { what: 'audit', before: 50 })).toBe(2);
  expect(await purgeAll(store, { what: 'resyncs', before: 50 })).toBe(7);

  expect((await store.cdrs({ where: [], newestFirst: false, limit: 9 })).map(({ id }) => id)).toEqual(['s2']);
  expect(await store.audit({ limit: 9 })).toMatchObject([{ at: 90, by: 'Марта', detail: { at: 90 } }]);
  expect((await store.resyncRuns({ limit: 9 })).map(({ id }) => id).sort()).toEqual(['r2', 'r3']);
  expect(await store.resyncItems('r1', 0, 9)).toEqual([]);
  expect(await store.resyncItems('r2', 3, 9)).toEqual([item(4), item(5)]);
});

function runOf(more: Partial<ResyncRun>): ResyncRun {
  const counts = {
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
  const base = {
    id: 'r',
    nas: 'bras-1',
    cause: 'operator',
    by: 'noc',
    only: [],
    dryRun: false,
    state: 'done',
  } as const;
  return { ...base, reason: '', counts, cursor: 0, createdAt: 10, updatedAt: 20, ...more };
}

const fast = { firstAfterMs: 0, everyMs: 60_000, slice: 400, restMs: 0 };
const never = { jobs: null, journal: null, cdrs: null, audit: null, resyncs: null, kv: null };

test('retention removes what is older than it is kept while live writes go on, says so once, and keeps what has no end', async () => {
  const store = await open();
  for (let id = 1; id <= 2_000; id += 500) {
    const jobs = Array.from({ length: 500 }, (_, index) => storedJob(id + index, { state: 'done', eventId: `e${id}` }));
    await store.write([eventOf(`e${id}`, jobs), { type: 'audit', entry: { at: 1, by: 'a', action: 'b', detail: {} } }]);
  }
  const said: object[] = [];
  const log = { info: (facts: object) => said.push(facts), warn: (facts: object) => said.push(facts) };
  const keep = { ...never, jobs: 1_000 };
  const retention = startRetention({ store, keep, clock: () => 2_000, log, pace: fast });
  onTestFinished(() => retention.stop());
  let live = 10_000;
  await until(async () => {
    const made = storedJob(++live, { createdAt: 1_900, updatedAt: 1_900, eventId: `live${live}` });
    await store.write([eventOf(made.eventId, [made])]);
    return said.length > 0;
  }, 30_000);
  expect(said).toEqual([{ removed: { jobs: 2_000 } }]);
  expect(await store.jobs({ states: ['done'], limit: 1 })).toEqual([]);
  expect(await store.unended('0', 100_000)).toHaveLength(live - 10_000);
  expect(await store.audit({ limit: 9 })).toHaveLength(4);
});

test('retention ends at once when it is stopped, in the middle of a pass', async () => {
  const begun = Promise.withResolvers<void>();
  let asked = 0;
  const store: Pick<Store, 'purge'> = {
    async purge({ limit }) {
      asked++;
      begun.resolve();
      return limit;
    },
  };
  const log = { info: () => {}, warn: () => {} };
  const keep = { ...never, jobs: 1 };
  const retention = startRetention({ store, keep, clock: Date.now, log, pace: { ...fast, restMs: 60_000 } });
  await begun.promise;
  await retention.stop();
  expect(asked).toBe(1);
});

test('a pass that fails is told, and the next one tries again', async () => {
  const said: object[] = [];
  let asked = 0;
  const store: Pick<Store, 'purge'> = {
    purge: () => (asked++ === 0 ? Promise.reject(new Error('disk full')) : Promise.resolve(0)),
  };
  const log = { info: () => {}, warn: (facts: object) => said.push(facts) };
  const pace = { ...fast, everyMs: 1 };
  const retention = startRetention({ store, keep: { ...never, cdrs: 1 }, clock: Date.now, log, pace });
  await until(() => asked >= 2);
  await retention.stop();
  expect(said).toMatchObject([{ err: { message: 'disk full' } }]);
});
