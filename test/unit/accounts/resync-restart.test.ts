// A resync goes on where it was after a restart, begins a half-made plan anew, and ends when its profile is taken away.

import { expect, onTestFinished, test, vi } from 'vitest';
import { openResyncs } from '#core/accounts/open-resyncs.ts';
import { noCounts } from '#core/accounts/resync-plan.ts';
import { effectsOf } from '#core/map/effects.ts';
import type { ResyncRun } from '#core/model/resync.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { put, resyncStage } from './resync-stage.ts';

const anyShare = { mostMissing: 1, mostRemoved: 1 };

async function reopened(stage: Awaited<ReturnType<typeof resyncStage>>) {
  await stage.resyncs.close();
  const resyncs = await openResyncs({
    store: stage.store,
    queue: stage.queue,
    boxes: stage.directory,
    effects: effectsOf(catalogue),
    clock: Date.now,
    log: { info: () => {}, warn: () => {} },
  });
  onTestFinished(async () => {
    await resyncs.close();
    await stage.close();
  });
  return resyncs;
}

const halfPlanned: ResyncRun = {
  id: 'aaaa',
  nas: 'bras-1',
  cause: 'schedule',
  by: 'schedule',
  only: ['access'],
  dryRun: false,
  state: 'planning',
  reason: '',
  counts: noCounts,
  cursor: 0,
  createdAt: 1,
  updatedAt: 1,
};

test('a plan that was half made is begun anew, and nothing of the half is applied', async () => {
  const stage = await resyncStage({ resync: anyShare });
  await stage.should('1', { exists: 'true', accept: 'false' });
  await stage.should('2', { exists: 'true', accept: 'true' });
  put(stage.box, '1', { exists: 'true', accept: 'true' });
  put(stage.box, '2', { exists: 'true', accept: 'true' });
  const differences = [{ key: 'accept', desired: 'true', found: 'false' }];
  const stale = { seq: 3, userId: '2', kind: 'change', version: 1, differences, identity: {} } as const;
  await stage.store.write([
    { type: 'resync-run', run: halfPlanned },
    { type: 'resync-items', run: 'aaaa', items: [stale] },
  ]);
  const resyncs = await reopened(stage);
  expect(await resyncs.get('aaaa')).toMatchObject({ state: 'cancelled' });
  await vi.waitFor(
    async () =>
      expect(await resyncs.list({ nas: 'bras-1', limit: 5 })).toMatchObject([
        { state: 'done', cause: 'schedule', only: ['access'], counts: { change: 1 } },
        { id: 'aaaa' },
      ]),
    { timeout: 20_000 },
  );
  expect(stage.box.ran).toEqual(['user_drop 1']);
});

test('a plan for an empty box that was half made is begun anew as that', async () => {
  const stage = await resyncStage();
  await stage.should('1', { exists: 'true' });
  await stage.store.write([{ type: 'resync-run', run: { ...halfPlanned, only: [], expectEmpty: true } }]);
  const resyncs = await reopened(stage);
  await vi.waitFor(
    async () =>
      expect((await resyncs.list({ nas: 'bras-1', limit: 1 }))[0]).toMatchObject({ state: 'done', expectEmpty: true }),
    { timeout: 20_000 },
  );
  expect(stage.box.ran).toEqual(['user_add 1']);
});

test('items that were handed on when the daemon died are not handed on twice', async () => {
  const stage = await resyncStage({ resync: anyShare });
  for (let n = 1; n <= 50; n++) {
    await stage.should(String(n), { exists: 'true', accept: 'false' });
    put(stage.box, String(n), { exists: 'true', accept: 'true' });
  }
  const done = await stage.resync();
  expect(stage.box.ran).toHaveLength(50);
  // As if all of it had been handed on and nothing of that had been noted.
  const { counts } = done;
  const run = { ...done, state: 'applying' as const, cursor: 0, counts: { ...counts, applied: 0 } };
  await stage.store.write([{ type: 'resync-run', run }]);
  const resyncs = await reopened(stage);
  await vi.waitFor(async () => expect(await resyncs.get(done.id)).toMatchObject({ state: 'done', counts }), {
    timeout: 20_000,
  });
  expect(stage.box.ran).toHaveLength(50);
  expect(await stage.store.jobs({ limit: 1000 })).toHaveLength(50);
});

test('one that asks still asks after a restart', async () => {
  const stage = await resyncStage();
  await stage.should('1', { exists: 'true' });
  put(stage.box, '9', { exists: 'true' });
  const { id } = await stage.resync();
  const resyncs = await reopened(stage);
  expect(await resyncs.get(id)).toMatchObject({ state: 'asks' });
  await resyncs.approve(id, 'утро');
  await vi.waitFor(async () => expect(await resyncs.get(id)).toMatchObject({ state: 'done' }), { timeout: 20_000 });
  expect(stage.box.ran).toEqual(['user_del 9', 'user_add 1']);
});

test('a profile that is taken away ends what is being applied', async () => {
  const stage = await resyncStage({ resync: { ...anyShare, ratePerSecond: 50 } });
  onTestFinished(() => stage.close());
  for (let n = 1; n <= 500; n++) {
    await stage.should(String(n), { exists: 'true', accept: 'false' });
    put(stage.box, String(n), { exists: 'true', accept: 'true' });
  }
  const { id } = await stage.start();
  await vi.waitFor(() => expect(stage.box.ran.length).toBeGreaterThan(5), { timeout: 20_000 });
  stage.directory.remove('bras-1');
  expect(await stage.ended(id)).toMatchObject({
    state: 'cancelled',
    reason: expect.stringContaining('no longer in force'),
  });
  expect(stage.box.ran.length).toBeLessThan(500);
});
