// States of many accounts at once: wrong lines are named and stop nothing, later lines win, what is so already is left alone.
import { expect, test } from 'vitest';
import type { Store } from '#core/store/store.ts';
import { subscriber, takingStage } from '#test/support/taking-stage.ts';

const line = (n: number, more: object = {}) => ({
  user_id: String(n),
  variables: { ...subscriber({ login: `абонент-${n}` }), user_id: String(n) },
  ...more,
});

test('wrong lines are named by number and field, and the others are taken', async () => {
  const { load, store } = await takingStage();
  const report = await load([
    line(1, { accept: true }),
    '',
    '{"user_id": "2", "variables": {',
    { ...line(3), accpet: true },
    line(4),
    { ...line(5), variables: { login: 'без бокса' } },
  ]);
  expect(report).toEqual({
    ...{ lines: 6, taken: 2, unchanged: 0, jobs: 3, rejected: 3 },
    problems: [
      { line: 3, user_id: '', fields: [{ where: '', problem: 'is not JSON' }] },
      { line: 4, user_id: '3', fields: [{ where: '/accpet', problem: expect.stringContaining('accept?') }] },
      {
        line: 6,
        user_id: '5',
        fields: [{ where: '/variables/nas_ip', problem: expect.stringContaining('which box') }],
      },
    ],
  });
  expect(await store.audit({ limit: 5 })).toMatchObject([
    { action: 'accounts.import', by: 'Марта', detail: { taken: 2, rejected: 3, derive: true } },
  ]);
});

test('thousands are taken, taken again without a change, and with some changed', async () => {
  const { load, store, queue } = await takingStage();
  const lines = Array.from({ length: 2300 }, (_, n) => line(n, { accept: true }));
  expect(await load(lines, { jobs: false })).toMatchObject({ taken: 2300, unchanged: 0, jobs: 0 });
  expect(queue.size()).toBe(0);
  expect(await load(lines)).toMatchObject({ taken: 0, unchanged: 2300, jobs: 0 });
  const changed = lines.map((one, n) => (n % 100 === 0 ? { ...one, redirect: true } : one));
  expect(await load(changed, { dryRun: true })).toMatchObject({ taken: 23, unchanged: 2277, jobs: 23 });
  expect(queue.size()).toBe(0);
  expect(await load(changed)).toMatchObject({ taken: 23, unchanged: 2277, jobs: 23 });
  expect(queue.size()).toBe(23);
  expect(await store.record('2200')).toMatchObject({ version: 2, desired: { redirect: 'true' } });
});

test('large lines go in smaller batches', async () => {
  let most = 0;
  const counted = (store: Store): Store => ({
    ...store,
    write: (changes) => {
      most = Math.max(most, changes.length);
      return store.write(changes);
    },
  });
  const { load } = await takingStage({ between: counted });
  const notes = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`note_${n}`, 'ж'.repeat(10_000)]));
  const lines = Array.from({ length: 30 }, (_, n) => ({ variables: { ...line(n).variables, ...notes } }));
  expect(await load(lines, { jobs: false })).toMatchObject({ taken: 30 });
  expect(most).toBeLessThan(8);
});

test('of two lines of one account the later one wins, near to each other or not', async () => {
  const { load, hooks, store } = await takingStage();
  const others = (from: number) => Array.from({ length: 700 }, (_, n) => line(from + n));
  await load([line(1), line(1, { redirect: true }), ...others(1000), line(1, { redirect: false }), ...others(2000)]);
  expect(await hooks('1')).toEqual(
    ['user_add', 'user_redirect', 'user_redirect_cancel'].map((hook) => `${hook} at 10.0.0.1`),
  );
  expect(await store.record('1')).toMatchObject({ desired: { redirect: 'false' }, version: 3 });
});

test.each([true, false])('an event that comes between is not overwritten unseen (jobs: %s)', async (jobs) => {
  let meanwhile: (() => Promise<unknown>) | undefined;
  const slow = (store: Store): Store => ({
    ...store,
    async records(ids) {
      const records = await store.records(ids);
      const act = meanwhile;
      meanwhile = undefined;
      await act?.();
      return records;
    },
  });
  const { load, ingest, store } = await takingStage({ between: slow });
  await load([line(1), line(2), line(3)], { jobs: false });
  const { variables } = line(2);
  meanwhile = () => ingest.submit([{ hook: 'user_redirect', account: variables }], 'http');
  const lines = [1, 2, 3].map((n) => line(n, { accept: false }));
  expect(await load(lines, { jobs })).toMatchObject({ taken: 3, unchanged: 0, jobs: jobs ? 3 : 0 });
  expect(await store.record('2')).toMatchObject({ desired: { redirect: 'true', accept: 'false' }, version: 3 });
});

test('what is called off keeps what was taken, says where it stopped, and may be sent again', async () => {
  const { taking, load, store } = await takingStage();
  const caller = new AbortController();
  async function* endless() {
    for (let n = 0; ; n++) {
      if (n === 3000) caller.abort(new Error('the sender went away'));
      yield JSON.stringify(line(n));
    }
  }
  const loading = taking.load(endless(), { by: 'x', jobs: false, dryRun: false, signal: caller.signal });
  await expect(loading).rejects.toMatchObject({
    code: 'aborted',
    message: expect.stringMatching(/went away.*at line 3000/s),
  });
  const kept = (await store.recordPage({ limit: 5000 })).length;
  expect(kept).toBeGreaterThan(1000);
  expect(
    await load(
      Array.from({ length: 3000 }, (_, n) => line(n)),
      { jobs: false },
    ),
  ).toMatchObject({
    taken: 3000 - kept,
    unchanged: kept,
  });
});

test('a store that does not write ends it with what was taken before', async () => {
  let writes = 0;
  const failing = (store: Store): Store => ({
    ...store,
    write: (changes) =>
      ++writes > 2 ? store.write([...changes, { type: 'journal', jobId: 'x', entries: [] }]) : store.write(changes),
  });
  const { load } = await takingStage({ between: failing });
  await expect(
    load(
      Array.from({ length: 3000 }, (_, n) => line(n)),
      { jobs: false },
    ),
  ).rejects.toMatchObject({
    code: 'store_failed',
  });
});

test('it waits for room in a full queue', async () => {
  const { load, queue } = await takingStage({ maxWaiting: 20 });
  const drain = setInterval(() => {
    const job = queue.take('10.0.0.1');
    const done = { state: 'done', reason: '', code: '', failures: 0, notBefore: 0, journal: [] } as const;
    if (job !== undefined) void queue.settle(job, done);
  }, 1);
  try {
    const report = await load(Array.from({ length: 60 }, (_, n) => line(n)));
    expect(report).toMatchObject({ taken: 60, jobs: 60, rejected: 0 });
  } finally {
    clearInterval(drain);
  }
});
