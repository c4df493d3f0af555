// Marks of what jobs left on their box: with the job's own end on disk, never without it.
import { expect, onTestFinished, test } from 'vitest';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Account } from '#core/model/account.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import type { Resolution } from '#core/queue/queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const nas = '10.0.0.1';

async function open() {
  const store = await openStore({ directory: tempDir() });
  const queue = await openQueue({ store, hooks: catalogue, clock: () => 5000, maxWaiting: 100, log: () => {} });
  onTestFinished(async () => {
    queue.close();
    await store.close();
  });
  let last = 0;
  /** Fires, runs and ends one; gives its id. */
  const end = async (hook: string, state: Resolution['state'], more: Account = {}): Promise<string> => {
    const event = { id: `e${++last}`, hook, account: accountAt(1, nas, more), occurredAt: '', source: 'test' };
    await queue.accept(event, jobsOf(event));
    const job = queue.take(nas);
    if (job === undefined) throw new Error('nothing to take');
    await queue.settle(job, { state, reason: 'нет места', code: '', failures: 0, notBefore: 0, journal: [] });
    return job.id;
  };
  const marks = async () => (await store.applied('1')).get(nas);
  return { store, queue, end, marks };
}

test('a job that is done leaves a mark, one that is refused or dead says so beside what is there', async () => {
  const { end, marks } = await open();
  const drop = await end('user_drop', 'done');
  expect(await marks()).toEqual({ accept: { value: 'false', job: drop, at: 5000 } });
  const accept = await end('user_accept', 'refused');
  const failed = { state: 'refused', reason: 'нет места', job: accept, at: 5000 };
  expect(await marks()).toEqual({ accept: { value: 'false', job: drop, at: 5000, failed } });
  const dead = await end('user_rate_set', 'dead', { rate_in: '10', rate_out: '20' });
  expect((await marks())?.['rate']).toEqual({ failed: { ...failed, state: 'dead', job: dead } });
  const again = await end('user_accept', 'done');
  expect((await marks())?.['accept']).toEqual({ value: 'true', job: again, at: 5000 });
});

test('a NAT address is marked with the addition that carried it, and fails with it', async () => {
  const { end, marks } = await open();
  const bare = await end('user_add', 'done');
  expect(await marks()).toEqual({ exists: { value: 'true', job: bare, at: 5000 } });
  const added = await end('user_add', 'done', { snatip: '203.0.113.5/32' });
  expect((await marks())?.['snatip']).toEqual({ value: '203.0.113.5', job: added, at: 5000 });
  await end('user_edit', 'done', { snatip: '203.0.113.6' });
  expect((await marks())?.['snatip']?.value).toBe('203.0.113.5');
  const refused = await end('user_add', 'refused', { snatip: '203.0.113.6' });
  expect((await marks())?.['snatip']).toMatchObject({ value: '203.0.113.5', failed: { job: refused } });
  const none = await end('user_add', 'done', { snatip: '' });
  expect((await marks())?.['snatip']).toEqual({ value: 'none', job: none, at: 5000 });
  await end('user_del', 'done');
  expect(Object.keys((await marks()) ?? {})).toEqual(['exists']);
});

test('removing the account takes all marks of that box away but its own', async () => {
  const { end, marks } = await open();
  await end('user_drop', 'done');
  await end('usluga_activated', 'done', { usluga_id: '7' });
  await end('user_del', 'refused');
  expect(Object.keys((await marks()) ?? {}).sort()).toEqual(['accept', 'exists', 'service:7']);
  const gone = await end('user_del', 'done');
  expect(await marks()).toEqual({ exists: { value: 'false', job: gone, at: 5000 } });
});

test('what the plugin has no hook for is marked as that, until a newer job or a newer plugin does it', async () => {
  const { end, marks } = await open();
  const on = await end('usluga_activated', 'skipped', { usluga_id: 'тв' });
  const failed = { state: 'unsupported', reason: 'нет места', job: on, at: 5000 };
  expect(await marks()).toEqual({ 'service:тв': { failed } });
  const again = await end('usluga_activated', 'done', { usluga_id: 'тв' });
  expect(await marks()).toEqual({ 'service:тв': { value: 'on', job: again, at: 5000 } });
});

test.each(['waiting', 'parked'] as const)('a run that ends %s leaves no mark', async (state) => {
  const { end, marks } = await open();
  await end('user_drop', state);
  expect(await marks()).toBeUndefined();
});

test('what settles nothing leaves no mark', async () => {
  const { end, marks } = await open();
  await end('user_edit', 'done');
  expect(await marks()).toBeUndefined();
});
