// An operator's hand on jobs, one or many: retry, with other variables, skip, and what something newer has made needless.
import { expect, onTestFinished, test } from 'vitest';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Account } from '#core/model/account.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import type { BulkAction, Resolution } from '#core/queue/queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const nas = '10.0.0.1';
const ending = { reason: '', code: '', failures: 0, notBefore: 0, journal: [] };

async function open() {
  const store = await openStore({ directory: tempDir() });
  const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting: 10_000, log: () => {} });
  onTestFinished(async () => {
    queue.close();
    await store.close();
  });
  let last = 0;
  const fire = async (hook: string, { at = nas, ...more }: Told = {}): Promise<string> => {
    const account = accountAt(1, at, more);
    const event = { id: `e${++last}`, hook, account, occurredAt: '', source: 'test' };
    const { jobs } = await queue.accept(event, jobsOf(event));
    return jobs[0] ?? '';
  };
  const settle = async (state: Resolution['state'], at = nas): Promise<string> => {
    const job = queue.take(at);
    if (job === undefined) throw new Error('nothing to take');
    await queue.settle(job, { ...ending, state, reason: state === 'done' ? '' : 'нет места' });
    return job.id;
  };
  const refused = async (hook: string, told?: Told): Promise<string> => {
    const id = await fire(hook, told);
    await settle('refused', told?.at);
    return id;
  };
  const bulk = (asked: Partial<BulkAction>) =>
    queue.bulk({ action: 'retry', filter: { limit: 1000 }, by: 'anna', reason: '', dryRun: false, ...asked });
  return { store, queue, fire, settle, refused, bulk };
}
type Told = Account & { readonly at?: string };

test('a retry of what a newer job has settled since is not run, and says which', async () => {
  const { store, queue, fire, settle, refused } = await open();
  const old = await refused('user_drop');
  const newer = await fire('user_accept');
  await settle('done');
  expect(await queue.retry(old, 'anna')).toMatchObject({ state: 'superseded' });
  expect(queue.take(nas)).toBeUndefined();
  const job = await store.job(old);
  expect(job?.reason).toBe(`superseded by job ${newer} (user_accept), which has settled the same since`);
  expect((await store.journal(old)).at(-1)?.text).toContain('retried by anna, and not run');
  expect((await store.journal(old)).at(-1)?.text).toContain('it was refused: нет места');
});

test.each([
  ['a newer one that was refused too', 'user_accept', 'refused'],
  ['a newer one of another flag', 'user_redirect', 'done'],
  ['a newer one that was skipped', 'user_accept', 'skipped'],
] as const)('a retry runs in spite of %s', async (_what, hook, state) => {
  const { queue, fire, settle, refused } = await open();
  const old = await refused('user_drop');
  await fire(hook);
  await settle(state);
  expect(await queue.retry(old, 'anna')).toMatchObject({ state: 'waiting' });
  expect(queue.take(nas)?.id).toBe(old);
});

test('a retry of what a removal has taken away since is not run, service or not', async () => {
  const { queue, fire, settle, refused } = await open();
  const service = await refused('usluga_activated', { usluga_id: '7' });
  const rate = await refused('user_rate_set', { rate_in: '1', rate_out: '1' });
  await fire('user_del');
  await settle('done');
  for (const id of [service, rate]) expect((await queue.retry(id, 'anna')).state).toBe('superseded');
});

test('a retry waits for a newer one that settles the same and runs now', async () => {
  const { queue, fire, refused } = await open();
  const old = await refused('user_drop');
  await fire('user_accept');
  const running = queue.take(nas);
  if (running === undefined) throw new Error('nothing to take');
  await expect(queue.retry(old, 'anna')).rejects.toMatchObject({ code: 'conflict' });
  await queue.settle(running, { ...ending, state: 'done' });
  expect(await queue.retry(old, 'anna')).toMatchObject({ state: 'superseded' });
});

test('a retry of an old job supersedes itself when a newer one waits, and is in no lane then', async () => {
  const { queue, fire, refused } = await open();
  const old = await refused('user_drop');
  const newer = await fire('user_accept');
  expect(await queue.retry(old, 'anna')).toMatchObject({ state: 'superseded' });
  await expect.poll(() => queue.peek(nas)?.job.id).toBe(newer);
  expect(queue.size()).toBe(1);
});

test('a retry with other variables runs with them, and the journal names them without their values', async () => {
  const { store, queue, refused } = await open();
  const id = await refused('user_add', { psw: 'тайна', comment: 'старый' });
  await queue.retry(id, 'anna', { psw: 'новая тайна', comment: '' });
  const job = queue.take(nas);
  expect(job?.account).toEqual(accountAt(1, nas, { psw: 'новая тайна' }));
  expect((await store.job(id))?.account).toEqual(job?.account);
  const journal = await store.journal(id);
  expect(journal.at(-1)?.text).toBe('retried by anna with other psw, comment');
});

test.each([
  [{ user_id: '2' }, '/account/user_id'],
  [{ nas_ip: '10.0.0.2' }, '/account/nas_ip'],
  [{ nas_ip: '' }, '/account/nas_ip'],
  [{ ip: 'нет' }, '/account/ip'],
  [{ user_id: '' }, '/account/user_id'],
])('a retry with %o is refused, and the job stays as it was', async (edit, where) => {
  const { store, queue, refused } = await open();
  const id = await refused('user_drop');
  await expect(queue.retry(id, 'anna', edit as Account)).rejects.toMatchObject({
    code: 'input_invalid',
    fields: [{ where }],
  });
  expect(await store.job(id)).toMatchObject({ state: 'refused', account: accountAt(1, nas) });
});

test('the same box in another spelling is no other box', async () => {
  const { queue, refused } = await open();
  const id = await refused('user_drop');
  expect(await queue.retry(id, 'anna', { nas_ip: '::ffff:10.0.0.1' })).toMatchObject({ state: 'waiting' });
});

test('who waits behind a parked one is told whom for', async () => {
  const { store, queue, fire, settle } = await open();
  const first = await fire('user_drop');
  const second = await fire('user_redirect');
  await settle('parked');
  const [waiting, parked] = [await store.job(second), await store.job(first)];
  if (waiting === undefined || parked === undefined) throw new Error('no jobs');
  expect(queue.holderOf(waiting)).toMatchObject({ id: first, state: 'parked' });
  expect(queue.holderOf(parked)).toBeUndefined();
});

test('many go in parts, each job once, also when those before it match again', async () => {
  const { refused, bulk, settle } = await open();
  const ids = [await refused('user_redirect'), await refused('user_redirect', { at: '10.0.0.2' })];
  const filter = { states: ['refused'], limit: 1 } as const;
  const first = await bulk({ filter });
  expect(first).toMatchObject({ matched: 1, done: 1, next: ids[1] });
  await settle('refused', '10.0.0.2');
  const second = await bulk({ filter: { ...filter, before: first.next ?? '' } });
  expect(second).toMatchObject({ matched: 1, done: 1, next: ids[0] });
  expect(await bulk({ filter: { ...filter, before: second.next ?? '' } })).toMatchObject({ matched: 0, next: null });
});

test('many are counted first, then retried, and what is needless by now is told apart', async () => {
  const { store, queue, fire, settle, refused, bulk } = await open();
  const old = await refused('user_drop', { login: 'Анна' });
  await fire('user_accept', { login: 'Анна' });
  await settle('done');
  await refused('user_redirect');
  await refused('user_redirect', { at: '10.0.0.2' });
  const counted = await bulk({ dryRun: true });
  expect(counted).toMatchObject({ matched: 3, done: 0, superseded: 0, failed: [] });
  expect(counted.groups).toHaveLength(3);
  expect(queue.size()).toBe(0);
  expect(await store.audit({ limit: 10 })).toEqual([]);

  const report = await bulk({ filter: { hook: 'user_redirect', nasKeys: [nas], limit: 10 } });
  expect(report).toMatchObject({ matched: 1, done: 1, groups: [{ nasKey: nas, hook: 'user_redirect', count: 1 }] });
  expect(await bulk({ filter: { states: ['refused'], limit: 10 } })).toMatchObject({
    matched: 2,
    done: 1,
    superseded: 1,
  });
  expect(await store.job(old)).toMatchObject({ state: 'superseded' });
  const audit = await store.audit({ limit: 10 });
  expect(audit.map(({ action, by }) => [action, by])).toEqual([
    ['jobs.retry', 'anna'],
    ['jobs.retry', 'anna'],
  ]);
});

test('of many of one lane that are retried at once, the newer one takes the place of the older', async () => {
  const { store, queue, refused, bulk } = await open();
  const [old, newer] = [await refused('user_drop'), await refused('user_accept')];
  expect(await bulk({})).toMatchObject({ matched: 2, done: 1, superseded: 1 });
  await expect.poll(async () => (await store.job(old))?.state).toBe('superseded');
  expect(queue.size()).toBe(1);
  expect(queue.take(nas)?.id).toBe(newer);
});

test('one that cannot be changed does not stop the others, and values of an edit are not in the audit', async () => {
  const { store, queue, fire, refused, bulk } = await open();
  await refused('user_drop', { psw: 'a' });
  await refused('user_drop', { at: '10.0.0.2', psw: 'a' });
  await fire('user_redirect');
  queue.take(nas);
  const edit = { nas_ip: '10.0.0.2', psw: 'тайна' };
  const report = await bulk({ edit, filter: { states: ['refused', 'running', 'done'], limit: 10 } });
  expect(report).toMatchObject({ matched: 2, done: 1, failed: [{ reason: expect.stringContaining('nas_ip') }] });
  expect(JSON.stringify(await store.audit({ limit: 1 }))).not.toContain('тайна');
  expect(JSON.stringify(await store.audit({ limit: 1 }))).toContain('psw');
});

test('a skip of many leaves out what waits, up to the limit, and nothing that is done', async () => {
  const { store, fire, settle, bulk } = await open();
  const done = await fire('user_add');
  await settle('done');
  for (let user = 2; user < 700; user++) await fire('user_drop', { user_id: String(user) });
  const skip = { action: 'skip', reason: 'снято' } as const;
  expect(await bulk({ ...skip, filter: { limit: 600 } })).toMatchObject({ matched: 600, done: 600 });
  expect(await bulk({ ...skip, filter: { limit: 600 } })).toMatchObject({ matched: 98, done: 98 });
  expect(await store.job(done)).toMatchObject({ state: 'done' });
  expect(await store.jobs({ states: ['skipped'], limit: 1 })).toMatchObject([{ reason: 'skipped by anna: снято' }]);
});
