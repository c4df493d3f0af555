// The queue against an operator's hand, the clock and its own restart: a lane never gives two jobs, and none stays behind.
import { expect, onTestFinished, test, vi } from 'vitest';
import { jobsOf } from '#core/map/jobs-of.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Change, Store } from '#core/store/store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const nas = '10.0.0.1';

async function open({ dir = tempDir(), clock = Date.now }: { dir?: string; clock?: () => number } = {}) {
  const stored = await openStore({ directory: dir });
  let gate: Promise<void> | undefined;
  const write = async (changes: readonly Change[]) => {
    await gate;
    return stored.write(changes);
  };
  const store: Store = { ...stored, write };
  const queue = await openQueue({ store, hooks: catalogue, clock, maxWaiting: 100, log: () => {} });
  const close = async () => {
    queue.close();
    await stored.close();
  };
  onTestFinished(() => close().catch(() => {}));
  const started = performance.now();
  let last = 0;
  const fire = async (hook: string) => {
    const account = accountAt(1, nas);
    const event = { id: `${started}-${++last}`, hook, account, occurredAt: '', source: 'test' };
    const { jobs } = await queue.accept(event, jobsOf(event));
    return jobs[0] ?? '';
  };
  /** What is written from now on waits until the answer is called. */
  const holdWrites = () => {
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    return () => {
      gate = undefined;
      held.resolve();
    };
  };
  const ending = { reason: '', code: '', failures: 0, notBefore: 0, journal: [] };
  return { store, queue, close, fire, holdWrites, ending };
}

test.each(['retry', 'skip'] as const)('a lane gives nothing while a %s of its head is being written', async (what) => {
  const { queue, fire, holdWrites } = await open();
  const [first, second] = [await fire('user_drop'), await fire('user_redirect')];
  const goOn = holdWrites();
  const changing = what === 'retry' ? queue.retry(first, 'op') : queue.skip(first, { by: 'op', reason: 'test' });
  // Wherever the change is: nothing is to be had until it is through.
  await vi.waitFor(() => expect(queue.peek(nas)).toBeUndefined());
  expect(queue.take(nas)).toBeUndefined();
  goOn();
  await changing;
  expect(queue.take(nas)?.id).toBe(what === 'retry' ? first : second);
  expect(queue.take(nas)).toBeUndefined();
});

test('a job that two retry at once is in its lane once', async () => {
  const { queue, fire, ending } = await open();
  const id = await fire('user_drop');
  const job = queue.take(nas);
  if (job === undefined) throw new Error('nothing to take');
  await queue.settle(job, { ...ending, state: 'refused', reason: 'no' });
  const results = await Promise.allSettled([queue.retry(id, 'a'), queue.retry(id, 'b')]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(queue.size()).toBe(1);
  expect(queue.take(nas)?.id).toBe(id);
  expect(queue.take(nas)).toBeUndefined();
});

test('a lane goes on when the store refuses what an operator wanted', async () => {
  const { store, queue, fire } = await open();
  const id = await fire('user_drop');
  const write = store.write;
  store.write = () => Promise.reject(new Error('disk full'));
  await expect(queue.skip(id, { by: 'op', reason: 'test' })).rejects.toThrow('disk full');
  store.write = write;
  expect(queue.take(nas)?.id).toBe(id);
});

test('a job behind a running one can be skipped, and the lane goes on after the run', async () => {
  const { queue, fire, ending } = await open();
  await fire('user_drop');
  const [second, third] = [await fire('user_redirect'), await fire('user_edit')];
  const running = queue.take(nas);
  if (running === undefined) throw new Error('nothing to take');
  await queue.skip(second, { by: 'op', reason: 'test' });
  expect(queue.take(nas)).toBeUndefined();
  await queue.settle(running, { ...ending, state: 'done' });
  expect(queue.take(nas)?.id).toBe(third);
});

test('a retry waits no longer than decided when the clock goes back an hour', async () => {
  let shift = 0;
  const clock = () => Date.now() + shift;
  const { queue, fire, ending } = await open({ clock });
  const id = await fire('user_drop');
  const job = queue.take(nas);
  if (job === undefined) throw new Error('nothing to take');
  await queue.settle(job, { ...ending, state: 'retrying', notBefore: clock() + 60 });
  shift = -3_600_000;
  await vi.waitFor(() => expect(queue.peek(nas)?.job.id).toBe(id), { timeout: 3000, interval: 5 });
});

test('a retry waits no longer than decided when the clock went back over a restart', async () => {
  const dir = tempDir();
  const first = await open({ dir });
  const id = await first.fire('user_drop');
  const job = first.queue.take(nas);
  if (job === undefined) throw new Error('nothing to take');
  await first.queue.settle(job, { ...first.ending, state: 'retrying', notBefore: Date.now() + 60 });
  await first.close();
  const second = await open({ dir, clock: () => Date.now() - 3_600_000 });
  await vi.waitFor(() => expect(second.queue.peek(nas)?.job.id).toBe(id), { timeout: 3000, interval: 5 });
});

test('a retry that is due in a while is not given before', async () => {
  const { queue, fire, ending } = await open();
  await fire('user_drop');
  const job = queue.take(nas);
  if (job === undefined) throw new Error('nothing to take');
  const due = Date.now() + 80;
  await queue.settle(job, { ...ending, state: 'retrying', notBefore: due });
  expect(queue.peek(nas)).toBeUndefined();
  await vi.waitFor(() => expect(queue.peek(nas)).toBeDefined(), { timeout: 3000, interval: 1 });
  expect(Date.now()).toBeGreaterThanOrEqual(due - 2);
});

test('what a job superseded is on disk as such when the job is done there, whatever was refused before', async () => {
  const dir = tempDir();
  const before = await open({ dir });
  const first = await before.fire('user_drop');
  const write = before.store.write;
  let refused = 0;
  before.store.write = async (changes) => {
    const [change] = changes;
    if (change?.type !== 'job' || change.id !== first || changes.some(({ type }) => type === 'applied'))
      return write(changes);
    refused++;
    throw new Error('disk full');
  };
  const second = await before.fire('user_accept');
  const job = before.queue.take(nas);
  if (job?.id !== second) throw new Error('not the newer one');
  await before.queue.settle(job, { ...before.ending, state: 'done' });
  expect(refused).toBeGreaterThan(0);
  await before.close();

  const { store, queue } = await open({ dir });
  expect(queue.size()).toBe(0);
  expect(await store.job(first)).toMatchObject({ state: 'superseded' });
});

test('what was superseded when the daemon ended, and is not on disk as such, is found again', async () => {
  const dir = tempDir();
  const before = await open({ dir });
  const first = await before.fire('user_drop');
  const write = before.store.write;
  before.store.write = (changes) =>
    changes[0]?.type === 'event' ? write(changes) : Promise.reject(new Error('no power'));
  const second = await before.fire('user_accept');
  expect(await before.store.job(first)).toMatchObject({ state: 'waiting' });
  await before.close();

  const { store, queue } = await open({ dir });
  await vi.waitFor(() => expect(queue.take(nas)?.id).toBe(second));
  await vi.waitFor(async () => expect(await store.job(first)).toMatchObject({ state: 'superseded' }));
  expect((await store.journal(first)).at(-1)?.text).toContain(`superseded by job ${second} (user_accept)`);
  expect(queue.size()).toBe(1);
});

test('what ran when the daemon ended waits afterwards, also on disk: an operator finds and skips it', async () => {
  const dir = tempDir();
  const before = await open({ dir });
  const id = await before.fire('user_drop');
  expect(before.queue.take(nas)?.id).toBe(id);
  await vi.waitFor(async () => expect(await before.store.job(id)).toMatchObject({ state: 'running' }));
  await before.close();

  const { store, queue } = await open({ dir });
  expect(await store.job(id)).toMatchObject({ state: 'waiting', attempt: 1, reason: expect.stringContaining('ended') });
  const asked = { action: 'skip', filter: { limit: 10 }, by: 'op', reason: 'test', dryRun: false } as const;
  expect(await queue.bulk(asked)).toMatchObject({ matched: 1, done: 1 });
  expect(queue.size()).toBe(0);
});

test.each(['import', 'resync'])('an %s that fills the queue leaves room for live events', async (source) => {
  const { queue, fire } = await open();
  const account = accountAt(1, nas);
  const bring = (n: number) => {
    const event = { id: `${source}-${n}`, hook: 'usluga_activated', account, occurredAt: '', source };
    return queue.accept(event, jobsOf({ hook: event.hook, account: { ...account, usluga_id: String(n) } }));
  };
  for (let n = 0; n < 90; n++) await bring(n);
  await expect(bring(90)).rejects.toMatchObject({ code: 'overloaded' });
  await fire('user_drop');
  expect(queue.size()).toBe(91);
});
