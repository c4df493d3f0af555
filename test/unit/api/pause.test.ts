// Pauses and the audit over HTTP: what they are for, who may set them, where they show.
import { expect, test } from 'vitest';
import { queueWorld } from './queue-world.ts';

test('a box, a plugin or everything is paused, shown where one looks, and resumed', async () => {
  const { post, read, pauses } = await queueWorld();
  const nas = async () =>
    ((await read('/v1/nas'))['nas'] as { name: string; paused: unknown }[]).map(({ paused }) => paused);
  expect(await nas()).toEqual([null, null]);

  const paused = await post('/v1/pause', { nas: 'bras-1', reason: 'замена платы' });
  expect(paused).toMatchObject({ status: 200, body: { scope: 'nas:bras-1', by: 'Марта', boxes: ['bras-1'] } });
  await post('/v1/pause', { plugin: 'mikrotik', reason: 'bad build' });
  await post('/v1/pause', { all: true, reason: 'storm' });
  expect(pauses.list().map(({ scope }) => scope)).toEqual(['nas:bras-1', 'plugin:mikrotik', 'all']);
  expect(await nas()).toMatchObject([{ scope: 'all', reason: 'storm' }, null]);
  expect(await read('/v1/pauses')).toMatchObject({
    pauses: [
      { scope: 'nas:bras-1', boxes: ['bras-1'], reason: 'замена платы' },
      { scope: 'plugin:mikrotik', boxes: ['bras-1'] },
      { scope: 'all', boxes: ['bras-1', 'core-2'] },
    ],
  });

  const resumed = await post('/v1/resume', { all: true });
  expect(resumed).toMatchObject({
    status: 200,
    body: { scope: 'all', still_paused: [{ nas: 'bras-1', scope: 'plugin:mikrotik' }] },
  });
  await post('/v1/resume', { plugin: 'mikrotik' });
  expect((await post('/v1/resume', { nas: 'bras-1', reason: 'готово' })).body).toMatchObject({ still_paused: [] });
  expect(await nas()).toEqual([null, null]);
  expect(((await read('/v1/audit'))['entries'] as { action: string }[]).map(({ action }) => action)).toEqual([
    ...Array(3).fill('resume'),
    ...Array(3).fill('pause'),
  ]);
});

test('a pause that is only tried is none', async () => {
  const { post, pauses, store } = await queueWorld();
  const tried = await post('/v1/pause?dry_run=true', { plugin: 'mikrotik', reason: 'x' });
  expect(tried).toMatchObject({ status: 200, body: { scope: 'plugin:mikrotik', boxes: ['bras-1'] } });
  expect(pauses.list()).toEqual([]);
  await post('/v1/pause', { nas: 'bras-1', reason: 'x' });
  expect(await post('/v1/resume?dry_run=true', { nas: 'bras-1' })).toMatchObject({ status: 200 });
  expect(pauses.list()).toHaveLength(1);
  expect(await store.audit({ limit: 9 })).toHaveLength(1);
});

test.for([
  [{ nas: 'bars-1', reason: 'x' }, 404, 'Did you mean bras-1?'],
  [{ plugin: 'mikrotic', reason: 'x' }, 404, 'Did you mean mikrotik?'],
  [{ nas: 'bras-1' }, 422, ''],
  [{ reason: 'x' }, 422, ''],
  [{ nas: 'bras-1', all: true, reason: 'x' }, 422, ''],
] as const)('%j pauses nothing', async ([body, status, detail]) => {
  const { post, pauses } = await queueWorld();
  const answer = await post('/v1/pause', body);
  expect(answer.status).toBe(status);
  expect(answer.body['detail']).toContain(detail);
  expect(pauses.list()).toEqual([]);
});

test('what is not paused cannot be resumed, and what is paused is named', async () => {
  const { post } = await queueWorld();
  await post('/v1/pause', { all: true, reason: 'x' });
  const answer = await post('/v1/resume', { nas: 'bras-1' });
  expect(answer).toMatchObject({ status: 409, body: { detail: 'nas:bras-1 is not paused; what is paused: all.' } });
});

test('the audit is read page by page, from new to old', async () => {
  const { read, store } = await queueWorld();
  for (const action of ['a', 'b', 'c'])
    await store.write([{ type: 'audit', entry: { at: 1, by: 'Марта', action, detail: { reason: 'ё' } } }]);
  const first = await read('/v1/audit?limit=2');
  expect(first).toMatchObject({ entries: [{ action: 'c', detail: { reason: 'ё' } }, { action: 'b' }] });
  const rest = await read(`/v1/audit?limit=2&cursor=${first['next_cursor']}`);
  expect(rest).toMatchObject({ entries: [{ action: 'a' }], next_cursor: null });
});
