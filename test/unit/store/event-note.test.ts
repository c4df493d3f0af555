// Who wants something and why is kept with the event itself: what ends between the two cannot lose it.
import { expect, onTestFinished, test } from 'vitest';
import { openIngest } from '#core/ingest/open-ingest.ts';
import { createTurns } from '#core/model/turns.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Change } from '#core/store/store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const note = { nas: 'bras-1', text: 'user_disconnect, wanted by Марта: звонил абонент' };
const event = { id: 'o1', hook: 'user_disconnect', account: { user_id: '1', login: 'a', nas_ip: '10.0.0.1' } };

async function world() {
  const directory = tempDir();
  const store = await openStore({ directory });
  onTestFinished(() => store.close());
  const writes: (readonly Change[])[] = [];
  const write: typeof store.write = (changes) => {
    writes.push(changes);
    return store.write(changes);
  };
  const options = { hooks: catalogue, clock: Date.now, maxWaiting: 100, log: () => {} };
  const queue = await openQueue({ ...options, store: { ...store, write } });
  onTestFinished(() => queue.close());
  const { record } = store;
  const ingest = openIngest({ catalogue, queue, record, turns: createTurns(), clock: Date.now, onEvent: () => {} });
  return { store, writes, ingest };
}

test('the note of an event is on disk with its job, in one write', async () => {
  const { store, writes, ingest } = await world();

  const [receipt] = await ingest.submit([event], 'operator', note);

  expect(receipt).toMatchObject({ type: 'accepted', jobs: ['1'] });
  expect(writes).toHaveLength(1);
  expect(await store.journal('1')).toMatchObject([{ ...note, jobId: '1', kind: 'note', via: 'operator', attempt: 0 }]);
});

test('an event that is told again adds no second note, and one without a note none', async () => {
  const { store, ingest } = await world();
  await ingest.submit([event], 'operator', note);

  await ingest.submit([event], 'operator', note);
  await ingest.submit([{ ...event, id: 'o2', account: { ...event.account, user_id: '2' } }], 'http');

  expect(await store.journal('1')).toHaveLength(1);
  expect(await store.journal('2')).toEqual([]);
});
