// Events of one account stay in their order also while one of them is looked up, and their fold is what the account should have.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Store } from '#core/store/store.ts';
import { subscriber, takingStage } from '#test/support/taking-stage.ts';

const alice = subscriber();
const moved = subscriber({ nas_ip: '10.0.0.2', ip: '10.7.7.7' });
const event = (hook: string, account: Account) => ({ hook, account });

const slowReader = (store: Store): Store => ({
  ...store,
  async record(userId) {
    await sleep(30);
    return store.record(userId);
  },
});

test('what comes while a removal is looked up waits for it; other accounts do not', async () => {
  const { ingest, hooks, store } = await takingStage({ between: slowReader });
  const bob = { ...alice, user_id: '1002' };
  await ingest.submit([event('user_add', alice)], 'http');
  const receipts = await ingest.submit(
    [
      event('user_del', alice),
      event('user_add', moved),
      event('user_drop', moved),
      event('user_del', alice),
      event('user_accept', moved),
      event('user_edit', bob),
    ],
    'http',
  );
  expect(receipts.map((receipt) => (receipt.type === 'accepted' ? Number(receipt.jobs[0]) : receipt))).toEqual([
    3, 4, 5, 6, 7, 2,
  ]);
  expect((await hooks('1001')).slice(1)).toEqual([
    ...['user_del at 10.0.0.1', 'user_add at 10.0.0.2', 'user_drop at 10.0.0.2'],
    ...['user_del at 10.0.0.1', 'user_accept at 10.0.0.2'],
  ]);
  expect(await store.record('1001')).toMatchObject({
    nasKey: '10.0.0.2',
    variables: { ip: '10.7.7.7' },
    desired: { exists: 'true', accept: 'true' },
    goneAt: 0,
  });
});

test.each([
  ['user_del twice', [event('user_del', alice), event('user_del', moved)]],
  ['user_del and user_add', [event('user_del', alice), event('user_add', moved)]],
  ['user_add before user_del', [event('user_add', moved), event('user_del', alice)]],
  ['user_edit and user_del twice', [event('user_edit', moved), event('user_del', alice), event('user_del', moved)]],
  ['user_edit between two user_del', [event('user_del', alice), event('user_edit', moved), event('user_del', moved)]],
  ['user_edit, user_del, user_add', [event('user_edit', moved), event('user_del', alice), event('user_add', moved)]],
])('a changed account that is told by %s exists, with its new values', async (_, events) => {
  const { ingest, hooks, store } = await takingStage();
  await ingest.submit([event('user_add', alice), event('user_redirect', alice)], 'http');
  await ingest.submit(events, 'http');
  expect(await store.record('1001')).toMatchObject({
    nasKey: '10.0.0.2',
    variables: moved,
    desired: { exists: 'true', redirect: 'true' },
    goneAt: 0,
  });
  const lane = await hooks('1001');
  expect(lane).toContain('user_add at 10.0.0.2');
  // The new box must not let a debtor out.
  expect(lane).toContain('user_redirect at 10.0.0.2');
  expect(lane.at(lane.indexOf('user_add at 10.0.0.2') - 1)).not.toBe('user_add at 10.0.0.1');
});

test('a removal that is told again is taken once, and the account stays gone', async () => {
  const { ingest, hooks, store } = await takingStage();
  await ingest.submit([event('user_add', alice)], 'http');
  const removal = { id: 'удаление', ...event('user_del', { ...alice, deleted: '1' }) };
  const [first] = await ingest.submit([removal], 'http');
  const [again] = await ingest.submit([removal], 'http');
  expect(again).toEqual({ ...first, duplicate: true });
  expect(await hooks('1001')).toEqual(['user_add at 10.0.0.1', 'user_del at 10.0.0.1']);
  const record = await store.record('1001');
  expect(record).toMatchObject({ desired: { exists: 'false' }, version: 2 });
  expect(record?.goneAt).toBeGreaterThan(0);
});

test('accounting settles the login and tells no variables; without a known account it makes none', async () => {
  const { ingest, store } = await takingStage();
  const start = { hook: 'user_auth', occurredAt: new Date().toISOString() } as const;
  await ingest.submit([event('user_add', alice)], 'http');
  const seen = { ...alice, ip: '10.66.66.66', acct_session_id: 'abc' };
  await ingest.submitSession({ ...start, id: 'a1', account: seen });
  expect(await store.record('1001')).toMatchObject({ variables: alice, desired: { exists: 'true', logged: 'true' } });
  await ingest.submitSession({ ...start, id: 'a2', account: { ...seen, user_id: '9' } });
  expect(await store.record('9')).toBeUndefined();
});

test('hundreds of events of one account behind a removal share commits', async () => {
  const { ingest, hooks, commits } = await takingStage({ between: slowReader });
  const edits = Array.from({ length: 400 }, (_, n) => event('user_edit', { ...alice, step: String(n) }));
  const receipts = await ingest.submit([event('user_del', alice), ...edits], 'http');
  expect(receipts.every(({ type }) => type === 'accepted')).toBe(true);
  expect(commits()).toBeLessThan(20);
  expect(await hooks('1001')).toHaveLength(401);
});
