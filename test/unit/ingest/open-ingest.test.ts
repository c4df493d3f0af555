// The door for events: each item of an array has its own answer, also when some cannot be taken now.
import { expect, onTestFinished, test } from 'vitest';
import { openIngest } from '#core/ingest/open-ingest.ts';
import { createTurns } from '#core/model/turns.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

test('of an array each item is taken, refused or put off by itself', async () => {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting: 2, log: () => {} });
  onTestFinished(() => queue.close());
  const results: string[] = [];
  const ingest = openIngest({
    ...{ catalogue, queue, record: store.record, turns: createTurns(), clock: Date.now },
    onEvent: ({ result }) => results.push(result),
  });
  const event = (id: string) => ({ id, hook: 'user_drop', account: accountAt(id, '10.0.0.1') });
  await ingest.submit([event('a')], 'test');

  const receipts = await ingest.submit([event('b'), { hook: 'user_dorp' }], 'test');
  expect(receipts.map(({ type }) => type)).toEqual(['accepted', 'rejected']);
  const late = await ingest.submit([event('c'), event('a')], 'test');
  expect(late[0]).toMatchObject({ type: 'failed', error: { code: 'overloaded', retryable: true } });
  expect(results).toEqual(['accepted', 'rejected', 'accepted']);
});

test('an id that another event has is refused with what it was; the same event again is a duplicate', async () => {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting: 100, log: () => {} });
  onTestFinished(() => queue.close());
  const ingest = openIngest({
    ...{ catalogue, queue, record: store.record, turns: createTurns(), clock: Date.now },
    onEvent: () => {},
  });
  const event = (hook: string, user: number) => ({ id: 'evt-7', hook, account: accountAt(user, '10.0.0.1') });
  const [first] = await ingest.submit([event('user_drop', 1)], 'test');
  const [again] = await ingest.submit([event('user_drop', 1)], 'test');
  expect(again).toEqual({ ...first, duplicate: true });
  for (const other of [event('user_accept', 1), event('user_drop', 2)]) {
    const [receipt] = await ingest.submit([other], 'test');
    expect(receipt).toMatchObject({
      type: 'rejected',
      fields: [{ where: '/id', problem: expect.stringContaining('user_drop of 1') }],
    });
  }
});
