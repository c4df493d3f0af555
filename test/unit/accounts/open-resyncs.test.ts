// A resync puts right what differs and touches nothing else; its guards stop it where the list is not to be believed.
import { afterEach, expect, test, vi } from 'vitest';
import { put, resyncStage, type StageOptions } from './resync-stage.ts';

type Stage = Awaited<ReturnType<typeof resyncStage>>;
const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function open(options: StageOptions = {}): Promise<Stage> {
  const stage = await resyncStage(options);
  stages.push(stage);
  return stage;
}

const rate = (rate_in: string, rate_out: string) => JSON.stringify({ rate_in, rate_out });
const anyShare = { mostMissing: 1, mostRemoved: 1 };

test('only what differs is told, each by its own hook, and the box ends as it should be', async () => {
  const { box, should, resync, items, store } = await open({ resync: anyShare });
  await should('1', { exists: 'true', accept: 'true', rate: rate('1000', '2000') });
  put(box, '1', { exists: 'true', accept: 'true', rate: rate('1000', '2000') });
  await should('2', { exists: 'true', accept: 'false', redirect: 'false', rate: rate('5', '6'), 'service:7': 'on' });
  put(box, '2', { exists: 'true', accept: 'true', redirect: 'true', rate: rate('5', '5') });
  await should('3', { exists: 'true', accept: 'false', redirect: 'true', rate: rate('8', '9'), 'service:тв': 'on' });
  await should('4', { exists: 'false' });
  put(box, '4', { exists: 'true' });
  const told = Date.now();

  const run = await resync();

  expect(run).toMatchObject({ state: 'done', reason: '' });
  expect(run.counts).toMatchObject({ desired: 3, listed: 3, same: 1, add: 1, change: 1, remove: 1, foreign: 0 });
  expect(run.counts).toMatchObject({ applied: 3, overtaken: 0 });
  const ranFor = (id: string) => box.ran.filter((ran) => ran.endsWith(` ${id}`)).map((ran) => ran.split(' ')[0]);
  expect(ranFor('1')).toEqual([]);
  expect(ranFor('2')).toEqual(['user_rate_set', 'user_drop', 'usluga_activated', 'user_redirect_cancel']);
  expect(ranFor('3')).toEqual(['user_add', 'user_rate_set', 'user_drop', 'user_redirect', 'usluga_activated']);
  expect(ranFor('4')).toEqual(['user_del']);
  expect(box.ran[0]).toBe('user_del 4');
  expect((await store.record('2'))?.updatedAt).toBeLessThanOrEqual(told);
  expect(box.state.get('2')).toMatchObject({
    accept: 'false',
    redirect: 'false',
    rate: rate('5', '6'),
    'service:7': 'on',
  });
  const again = await resync();
  expect(again.counts).toMatchObject({ same: 3, add: 0, change: 0, remove: 0 });
  expect(await items(again.id)).toEqual([]);
});

test('what the box was seen to have as it should be is known as made there, after a failure too', async () => {
  const { box, should, resync, store } = await open({ resync: anyShare });
  await should('1', { exists: 'true', accept: 'false', logged: 'true' });
  put(box, '1', { exists: 'true', accept: 'false' });
  const failed = { state: 'dead', reason: 'молчит', job: '3', at: 5 };
  await should('2', { exists: 'false' });
  const left = { exists: { value: 'true', job: '2', at: 4, failed } };
  await store.write([{ type: 'applied', userId: '2', nasKey: '10.0.0.1', marks: left }]);
  await resync({ dryRun: true });
  expect((await store.applied('1')).size).toBe(0);
  await resync();
  const made = async (userId: string) => (await store.applied(userId)).get('10.0.0.1');
  expect(await made('1')).toMatchObject({ exists: { value: 'true' }, accept: { value: 'false' } });
  expect(Object.keys((await made('1')) ?? {})).not.toContain('logged');
  expect(await made('2')).toEqual({ exists: { value: 'false', job: '3', at: expect.any(Number) } });
  expect(box.ran).toEqual([]);
});

test('a dry run says what it would do and does nothing', async () => {
  const { box, should, resync, items, store } = await open({ resync: anyShare });
  await should('1', { exists: 'true', accept: 'false' });
  put(box, '1', { exists: 'true', accept: 'true' });
  const run = await resync({ dryRun: true });
  expect(run).toMatchObject({ state: 'done', counts: { change: 1, applied: 0 } });
  expect(await items(run.id)).toMatchObject([
    { userId: '1', kind: 'change', differences: [{ key: 'accept', desired: 'false', found: 'true' }] },
  ]);
  expect(box.ran).toEqual([]);
  expect(await store.jobs({ limit: 10 })).toEqual([]);
});

test('only what was asked for is compared', async () => {
  const { box, should, resync } = await open({ resync: anyShare });
  await should('1', { exists: 'true', accept: 'false', rate: rate('1', '1') });
  put(box, '1', { exists: 'true', rate: rate('2', '2') });
  put(box, '2', { exists: 'true' });
  await should('3', { exists: 'true' });
  const run = await resync({ only: ['rate'] });
  expect(run.counts).toMatchObject({ change: 1, add: 0, remove: 0 });
  expect(box.ran).toEqual(['user_rate_set 1']);
});

test('another NAT address is put right by adding anew alone; nobody is removed for it', async () => {
  const { box, should, resync, items } = await open({ resync: anyShare });
  await should('1', { exists: 'true', accept: 'false' }, { snatip: '203.0.113.5' });
  put(box, '1', { exists: 'true', accept: 'false', snatip: '203.0.113.6' });
  await should('2', { exists: 'true', rate: rate('5', '6') }, { snatip: '203.0.113.5' });
  put(box, '2', { exists: 'true', rate: rate('5', '5') });
  await should('3', { exists: 'true' });
  put(box, '3', { exists: 'true', snatip: '203.0.113.5' });
  await should('4', { exists: 'true', accept: 'false' }, { snatip: '203.0.113.5/32' });
  put(box, '4', { exists: 'true', snatip: '203.0.113.5' });
  const plan = await resync({ only: ['nat'], dryRun: true });
  expect(await items(plan.id)).toMatchObject([
    { userId: '1', differences: [{ key: 'snatip', desired: '203.0.113.5', found: '203.0.113.6' }] },
    { userId: '2', differences: [{ key: 'snatip', desired: '203.0.113.5', found: 'none' }] },
    { userId: '3', differences: [{ key: 'snatip', desired: 'none', found: '203.0.113.5' }] },
  ]);

  const run = await resync();

  expect(run.counts).toMatchObject({ same: 0, add: 0, change: 4, remove: 0, applied: 4, overtaken: 0 });
  const ranFor = (id: string) => box.ran.filter((ran) => ran.endsWith(` ${id}`)).map((ran) => ran.split(' ')[0]);
  expect(ranFor('1')).toEqual(['user_add']);
  expect(ranFor('2')).toEqual(['user_add', 'user_rate_set']);
  expect(ranFor('3')).toEqual(['user_add']);
  expect(ranFor('4')).toEqual(['user_drop']);
  expect(box.variables.get('1')).toMatchObject({ snatip: '203.0.113.5' });
  expect((await resync()).counts).toMatchObject({ same: 4, change: 0 });
});

test('a NAT address that was told anew since the plan is left to its own job', async () => {
  const { box, should, start, ended, resyncs } = await open({ resync: { mostRemoved: 0, mostMissing: 1 } });
  await should('1', { exists: 'true' }, { snatip: '203.0.113.5' });
  put(box, '1', { exists: 'true' });
  put(box, '9', { exists: 'true' });
  const { id } = await start();
  expect(await ended(id)).toMatchObject({ state: 'asks', counts: { change: 1, remove: 1 } });
  await should('1', { exists: 'true' }, { snatip: '203.0.113.7' });
  await resyncs.approve(id, 'x');
  expect(await ended(id)).toMatchObject({ counts: { applied: 1, overtaken: 1 } });
  expect(box.ran).toEqual(['user_del 9']);
});

test('what is nobody’s stays, what is marked as ours and unknown goes', async () => {
  const { box, should, resync } = await open({ resync: anyShare });
  await should('1', { exists: 'true' });
  await should('5', { exists: 'true' }, { nas_ip: '10.0.0.2', login: 'переехал' });
  const nobody = { user_id: '', login: '', ip: '' };
  box.rows = [
    { ...nobody, user_id: '1' },
    { ...nobody, login: 'печать-1' },
    { ...nobody, ip: '192.0.2.1' },
    // The address of an account at another box: addresses are used at many.
    { ...nobody, ip: '10.0.0.5' },
    { ...nobody, user_id: '99', ip: '192.0.2.9' },
    { ...nobody, login: 'переехал' },
  ];
  const run = await resync();
  expect(run.counts).toMatchObject({ same: 1, foreign: 3, remove: 2 });
  expect(box.ran.sort()).toEqual(['user_del 5', 'user_del 99']);
});

test('one who goes is removed by the names of this box, and who has his address now is told anew afterwards', async () => {
  const { box, should, resync, store } = await open({ resync: anyShare });
  await should('7', { exists: 'true', accept: 'false' }, { ip: '10.5.5.5' });
  box.rows = [
    { user_id: '6', login: 'старый', ip: '10.5.5.5' },
    { user_id: '7', login: '', ip: '10.5.5.5', accept: false },
  ];
  await resync();
  expect(box.ran).toEqual(['user_del 6', 'user_add 7', 'user_drop 7']);
  const [removal] = await store.jobs({ hook: 'user_del', limit: 1 });
  expect(removal).toMatchObject({
    account: { user_id: '6', login: 'старый', ip: '10.5.5.5', nas_ip: '10.0.0.1' },
    background: true,
    state: 'done',
  });
});

test('an address that went from a deleted account to another one is that one’s', async () => {
  const { box, should, resync } = await open({ resync: anyShare });
  await should('1', { exists: 'false' }, { ip: '10.5.5.5' });
  await should('2', { exists: 'true', accept: 'true' }, { ip: '10.5.5.5' });
  box.rows = [{ user_id: '', login: '', ip: '10.5.5.5', accept: true }];
  expect((await resync()).counts).toMatchObject({ same: 1, remove: 0 });
  expect(box.ran).toEqual([]);
});

test('an empty list, a failed one and a stale one change nothing', async () => {
  const { box, should, resync, directory } = await open();
  for (const id of ['1', '2', '3']) await should(id, { exists: 'true' });
  expect(await resync()).toMatchObject({ state: 'refused', reason: expect.stringContaining('lists nobody') });
  box.takenAt = Date.now() - 3_600_000;
  box.rows = [{ user_id: '1', login: '', ip: '' }];
  expect(await resync()).toMatchObject({ state: 'refused', reason: expect.stringContaining('older') });
  directory.lists('bras-1', async ({ onUsers }) => {
    await onUsers([{ user_id: '1', login: '', ip: '' }]);
    return { type: 'failed', reason: 'обрыв' };
  });
  expect(await resync()).toMatchObject({ state: 'refused', reason: expect.stringContaining('обрыв') });
  directory.lists('bras-1', async () => ({ type: 'unsupported', reason: 'It cannot.' }));
  expect(await resync()).toMatchObject({ state: 'refused', reason: expect.stringContaining('full_push') });
  expect(box.ran).toEqual([]);
});

test('a box that is said to have nothing is filled, but only when it lists nobody', async () => {
  const { box, should, resync } = await open();
  for (const id of ['1', '2', '3']) await should(id, { exists: 'true', accept: 'false' });
  expect(await resync({ expectEmpty: true, dryRun: true })).toMatchObject({ state: 'done', counts: { add: 3 } });
  box.takenAt = Date.now() - 3_600_000;
  expect(await resync({ expectEmpty: true })).toMatchObject({ state: 'refused' });
  box.takenAt = null;
  put(box, '1', { exists: 'true' });
  expect(await resync({ expectEmpty: true })).toMatchObject({ state: 'asks', expectEmpty: true });
  expect(box.ran).toEqual([]);
  box.state.clear();
  expect(await resync({ expectEmpty: true })).toMatchObject({ state: 'done', reason: '', counts: { applied: 3 } });
  expect(box.ran.toSorted()).toEqual(['1', '2', '3'].flatMap((id) => [`user_add ${id}`, `user_drop ${id}`]).toSorted());
});

test('a list that seems cut short, and more removals than the profile allows, wait for someone', async () => {
  const { box, should, resync, resyncs, ended } = await open();
  for (let n = 1; n <= 100; n++) {
    await should(String(n), { exists: 'true' });
    if (n <= 79) put(box, String(n), { exists: 'true' });
  }
  const cut = await resync();
  expect(cut).toMatchObject({ state: 'asks', reason: expect.stringContaining('21 of 100') });
  for (let n = 80; n <= 100; n++) put(box, String(n), { exists: 'true' });
  for (let n = 101; n <= 106; n++) put(box, String(n), { exists: 'true' });
  // A new one takes the place of the one that asks.
  const many = await resync();
  expect(await resyncs.get(cut.id)).toMatchObject({ state: 'cancelled' });
  expect(many).toMatchObject({ state: 'asks', reason: expect.stringContaining('6 of 106') });
  expect(box.ran).toEqual([]);

  const approved = await resyncs.approve(many.id, 'ночная смена');
  expect(approved.state).toBe('applying');
  await expect(resyncs.approve(many.id, 'x')).rejects.toMatchObject({ code: 'conflict' });
  expect(await ended(many.id)).toMatchObject({ state: 'done', counts: { applied: 6 } });
  expect(box.state.size).toBe(100);
});

test('what the profile allows is removed without asking', async () => {
  const { box, should, resync } = await open();
  for (let n = 1; n <= 105; n++) {
    if (n <= 100) await should(String(n), { exists: 'true' });
    put(box, String(n), { exists: 'true' });
  }
  expect(await resync()).toMatchObject({ state: 'done', counts: { remove: 5, applied: 5 } });
});

test('a plan is refused when it is old, and can be cancelled', async () => {
  let now = Date.now();
  const { box, should, resync, resyncs, store } = await open({ now: () => now });
  await should('1', { exists: 'true' });
  put(box, '9', { exists: 'true' });
  const run = await resync();
  expect(run.state).toBe('asks');
  now += 3_600_001;
  await expect(resyncs.approve(run.id, 'a')).rejects.toMatchObject({ code: 'conflict' });
  expect(await resyncs.cancel(run.id, 'старший')).toMatchObject({ state: 'cancelled' });
  await expect(resyncs.cancel(run.id, 'старший')).rejects.toMatchObject({ code: 'conflict' });
  await expect(resyncs.cancel('none', 'старший')).rejects.toMatchObject({ code: 'not_found' });
  expect(box.ran).toEqual([]);
  expect(await store.audit({ limit: 10 })).toMatchObject([{ action: 'resync.cancel', by: 'старший' }]);
});

test('of a plan that waited, what changed since is not told', async () => {
  const { box, should, resync, resyncs, ended } = await open();
  for (const id of ['1', '2', '3', '4']) await should(id, { exists: 'true', accept: 'false', redirect: 'false' });
  put(box, '1', { exists: 'true', accept: 'true', redirect: 'true' });
  put(box, '2', { exists: 'true', accept: 'false' });
  put(box, '9', { exists: 'true' });
  const run = await resync();
  expect(run).toMatchObject({ state: 'asks', counts: { add: 2, change: 1, remove: 1 } });
  await should('1', { exists: 'true', accept: 'true', redirect: 'false' });
  await should('3', { exists: 'false' });
  await should('4', { exists: 'true', accept: 'true' });
  await should('9', { exists: 'true' });
  await resyncs.approve(run.id, 'x');
  expect(await ended(run.id)).toMatchObject({ counts: { applied: 2, overtaken: 2 } });
  // Of 1 only what was not told anew, 3 is gone, 4 is added as it should be now, 9 is ours again.
  expect(box.ran).toEqual(['user_redirect_cancel 1', 'user_add 4', 'user_accept 4']);
});

test('a box that cannot list is told everything where its profile says so', async () => {
  const { box, should, resync, directory } = await open({ resync: { fullPush: true } });
  directory.lists('bras-1', async () => ({ type: 'unsupported', reason: 'It cannot.' }));
  await should('1', { exists: 'true', redirect: 'true' });
  await should('2', { exists: 'false' });
  await should('3', { accept: 'false' });
  expect(await resync()).toMatchObject({ state: 'done', counts: { add: 1, unknown: 1 } });
  expect(box.ran).toEqual(['user_add 1', 'user_redirect 1']);
});

test('a box that began anew is filled, though it lists nobody and does not answer at first', async () => {
  const { box, should, resyncs, directory } = await open();
  for (let n = 1; n <= 300; n++) await should(String(n), { exists: 'true', accept: n % 2 ? 'false' : 'true' });
  let asked = 0;
  directory.lists('bras-1', async (listing) =>
    ++asked < 3 ? { type: 'unreachable', reason: 'starting' } : box.listUsers(listing),
  );
  resyncs.rebooted('bras-1');
  resyncs.rebooted('bras-1');
  await vi.waitFor(() => expect(box.state.size).toBe(300), { timeout: 20_000 });
  await vi.waitFor(
    async () => expect(await resyncs.list({ limit: 10 })).toMatchObject([{ state: 'done', cause: 'reboot' }]),
    {
      timeout: 20_000,
    },
  );
  expect(box.state.get('17')).toMatchObject({ exists: 'true', accept: 'false' });
  expect(asked).toBe(3);
});

test('while a box is filled its events are told before the rest, and the last word counts', async () => {
  const { box, should, resyncs, fire, ended } = await open({ resync: { ratePerSecond: 200 } });
  for (let n = 1; n <= 400; n++) await should(String(n), { exists: 'true', accept: 'true' });
  resyncs.rebooted('bras-1');
  await vi.waitFor(() => expect(box.ran.length).toBeGreaterThan(20), { timeout: 20_000 });
  await should('400', { exists: 'true', accept: 'false' });
  await fire('user_drop', { user_id: '400', login: 'абонент-400', ip: '10.0.1.144', nas_ip: '10.0.0.1' });
  await vi.waitFor(() => expect(box.ran).toContain('user_drop 400'), { timeout: 20_000 });
  expect(box.ran.length).toBeLessThan(400);
  const [run] = await resyncs.list({ limit: 1 });
  await ended(run?.id ?? '');
  await vi.waitFor(() => expect(box.state.size).toBe(400), { timeout: 20_000 });
  await vi.waitFor(() => expect(box.state.get('400')).toMatchObject({ exists: 'true', accept: 'false' }), {
    timeout: 20_000,
  });
});

test('boxes are compared side by side, and a slow one holds no other', async () => {
  const { should, start, ended, addBox, directory, resyncs } = await open({ resync: anyShare });
  const other = (await import('#test/support/memory-box.ts')).memoryBox();
  addBox('bras-2', '10.0.0.2', other);
  await should('1', { exists: 'true' });
  await should('2', { exists: 'true' }, { nas_ip: '10.0.0.2' });
  put(other, '8', { exists: 'true' });
  const { promise, resolve } = Promise.withResolvers<void>();
  directory.lists('bras-1', async () => {
    await promise;
    return { type: 'failed', reason: 'at last' };
  });
  const slow = await start();
  await expect(start()).rejects.toMatchObject({ code: 'conflict' });
  const quick = await start({ nas: 'bras-2' });
  expect(await ended(quick.id)).toMatchObject({ state: 'done' });
  expect([...other.state.keys()]).toEqual(['2']);
  expect(await resyncs.get(slow.id)).toMatchObject({ state: 'planning' });
  resolve();
  expect(await resyncs.planned(slow.id, AbortSignal.timeout(5000))).toMatchObject({ state: 'refused' });
  await expect(start({ nas: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });
});
