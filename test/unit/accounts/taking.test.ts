// One account's whole state: compared with what is stored, taken once, in its turn, and never over something newer.
import { expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Store } from '#core/store/store.ts';
import { subscriber, takingStage } from '#test/support/taking-stage.ts';

const variables = subscriber();

test('a state becomes one event with its jobs; the same again changes nothing; what differs becomes hooks', async () => {
  const { put, hooks, store } = await takingStage();
  const state = { variables, accept: true, rate: { rate_in: '1024', rate_out: '1024' }, services: ['тв'] };
  const first = await put('1001', state);
  const known = ['user_add', 'user_rate_set', 'usluga_activated тв', 'user_accept'].map(
    (hook) => `${hook} at 10.0.0.1`,
  );
  expect(first).toMatchObject({ type: 'taken', jobs: ['1', '2', '3', '4'], duplicate: false, version: 1 });
  expect(await hooks('1001')).toEqual(known);
  if (first.type !== 'taken') throw new Error();
  expect(await store.event(first.event ?? '')).toMatchObject({ hook: 'account_put', account: variables });

  const again = { type: 'taken', event: null, jobs: [], hooks: [], duplicate: false, changed: false, version: 1 };
  expect(await put('1001', state)).toEqual(again);
  expect(await put('1001', { ...state, redirect: true })).toMatchObject({
    version: 2,
    hooks: [{ hook: 'user_redirect' }],
  });
  expect(await hooks('1001')).toEqual([...known, 'user_redirect at 10.0.0.1']);
  expect(await store.record('1001')).toMatchObject({
    desired: { exists: 'true', accept: 'true', redirect: 'true', 'service:тв': 'on' },
    variables,
    version: 2,
  });
});

test('a state and events of one account are one story', async () => {
  const { put, ingest, hooks, store } = await takingStage();
  await ingest.submit(
    [
      { hook: 'user_add', account: variables },
      { hook: 'user_drop', account: variables },
    ],
    'http',
  );
  await put('1001', { variables: { ...variables, nas_ip: '10.0.0.2' } });
  // The billing says it too, a moment later: what is left on the old box goes, the account stays.
  await ingest.submit([{ hook: 'user_del', account: variables }], 'http');
  await ingest.submit([{ hook: 'user_accept', account: { ...variables, nas_ip: '10.0.0.2' } }], 'http');
  expect(await hooks('1001')).toEqual([
    ...['user_add at 10.0.0.1', 'user_drop at 10.0.0.1'],
    ...['user_del at 10.0.0.1', 'user_add at 10.0.0.2', 'user_drop at 10.0.0.2'],
    ...['user_del at 10.0.0.1', 'user_accept at 10.0.0.2'],
  ]);
  expect(await store.record('1001')).toMatchObject({ nasKey: '10.0.0.2', desired: { exists: 'true', accept: 'true' } });
});

test('what is told to the box of an account that an event brought back from the bin does not say that it is deleted', async () => {
  const { put, ingest, store } = await takingStage();
  await put('1001', { variables, redirect: true });
  await put('1001', { variables: { ...variables, deleted: '1' } });
  await ingest.submit([{ hook: 'user_add', account: variables }], 'http');
  const [redirect, add] = await store.jobs({ user_id: '1001', limit: 2 });
  expect([add?.hook, redirect?.hook]).toEqual(['user_add', 'user_redirect']);
  expect(redirect?.account).toEqual(variables);
});

test('the same id is taken once, also when the state has changed since; an id of another event is refused', async () => {
  const { put, ingest, hooks } = await takingStage();
  const first = await put('1001', { id: 'снимок', variables, redirect: true });
  await put('1001', { variables, redirect: false });
  expect(await put('1001', { id: 'снимок', variables, redirect: true })).toMatchObject({
    ...{ type: 'taken', event: 'снимок', duplicate: true, version: 2 },
    jobs: first.type === 'taken' ? first.jobs : [],
    hooks: [{ hook: 'user_add' }, { hook: 'user_redirect' }],
  });
  expect(await hooks('1001')).toHaveLength(3);
  await ingest.submit([{ id: 'событие', hook: 'user_edit', account: variables }], 'http');
  for (const [id, user] of [
    ['событие', '1001'],
    ['снимок', '1002'],
  ] as const)
    expect(await put(user, { id, variables: { ...variables, user_id: user } })).toMatchObject({
      type: 'rejected',
      fields: [{ where: '/id', problem: expect.stringContaining('of 1001') }],
    });
});

test('a dry run and a state without jobs say what would be done, and what they keep', async () => {
  const { put, hooks, store } = await takingStage();
  const state = { variables, accept: false };
  const planned = { type: 'taken', event: null, jobs: [], hooks: [{ hook: 'user_add' }, { hook: 'user_drop' }] };
  expect(await put('1001', state, { dryRun: true })).toMatchObject(planned);
  expect(await store.record('1001')).toBeUndefined();
  expect(await put('1001', state, { jobs: false })).toMatchObject({ event: null, jobs: [], hooks: [], version: 1 });
  expect(await store.record('1001')).toMatchObject({ desired: { exists: 'true', accept: 'false' } });
  expect(await hooks('1001')).toEqual([]);
});

test('what comes between looking and writing is not overwritten: it is looked at anew', async () => {
  let between: () => Promise<unknown> = async () => undefined;
  const slow = (store: Store): Store => ({
    ...store,
    async record(userId) {
      const record = await store.record(userId);
      const meanwhile = between;
      between = async () => undefined;
      await meanwhile();
      return record;
    },
  });
  const { put, ingest, hooks, store } = await takingStage({ between: slow });
  await put('1001', { variables, accept: true });
  // As an import does, which takes no turns.
  const write = async (more: Account) => {
    const now = await store.record('1001');
    if (now === undefined) throw new Error('no record');
    const changed = { ...now.variables, ...more };
    const record = { ...now, variables: changed, nasKey: changed['nas_ip'] ?? '' };
    await store.write([{ type: 'account', account: { type: 'replace', record, ifVersion: now.version } }]);
  };
  between = () => write({ tariff_name: 'Ночной' });
  await put('1001', { variables, redirect: true });
  expect(await store.record('1001')).toMatchObject({ version: 3, variables, desired: { redirect: 'true' } });
  expect((await hooks('1001')).slice(2)).toEqual(['user_edit at 10.0.0.1', 'user_redirect at 10.0.0.1']);

  // A removal looks at the account as well: it has moved meanwhile, and is not gone.
  between = () => write({ nas_ip: '10.0.0.2' });
  await ingest.submit([{ hook: 'user_del', account: variables }], 'http');
  expect(await store.record('1001')).toMatchObject({ nasKey: '10.0.0.2', desired: { exists: 'true' }, goneAt: 0 });
});

test('many states of one account at once end as the last', async () => {
  const { put, store, hooks } = await takingStage();
  const receipts = await Promise.all(
    Array.from({ length: 40 }, (_, step) => put('1001', { variables, redirect: step % 2 === 1, accept: step % 3 > 0 })),
  );
  expect(receipts.every(({ type }) => type === 'taken')).toBe(true);
  expect(await store.record('1001')).toMatchObject({ desired: { redirect: 'true', accept: 'false' } });
  const lane = await hooks('1001');
  expect(lane.findLast((hook) => /redirect/.test(hook))).toContain('user_redirect at');
  expect(lane.findLast((hook) => /drop|accept/.test(hook))).toContain('user_drop');
});

test('a full queue and a closed one are said so, and nothing of the state is kept', async () => {
  const { put, queue, store } = await takingStage({ maxWaiting: 1 });
  expect(await put('1001', { variables, accept: true })).toMatchObject({
    type: 'failed',
    error: { code: 'overloaded' },
  });
  expect(await store.record('1001')).toBeUndefined();
  queue.close();
  expect(await put('1001', { variables })).toMatchObject({ type: 'failed', error: { code: 'stopping' } });
});
