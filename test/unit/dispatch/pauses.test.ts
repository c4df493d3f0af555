// Pauses: nothing new runs at a paused box, what runs ends, all goes on at once when that is lifted, and a restart forgets none.
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPauses } from '#core/dispatch/open-pauses.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const done: Outcome = { type: 'done' };
const silent: Outcome = { type: 'retry', reason: 'no answer', code: 'nas_timeout' };
const why = { by: 'anna', reason: 'работы на линии' };

test.each(['all', 'nas:one', 'plugin:scripted'])('while %s is paused nothing new runs there', async (scope) => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  const late = Promise.withResolvers<void>();
  directory.add('one', '10.0.0.1', async ({ account }) => {
    order.push(`one ${account['user_id']}`);
    if (account['user_id'] === '1') await late.promise;
    return done;
  });
  directory.add('two', '10.0.0.2', async () => {
    order.push('two');
    return done;
  });
  const { queue, pauses, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_drop', accountAt(1, '10.0.0.1'));
  await vi.waitFor(() => expect(order).toEqual(['one 1']));
  await pauses.pause(scope, why);
  await Promise.all([2, 3].map((user) => fire('user_drop', accountAt(user, '10.0.0.1'))));
  await fire('user_drop', accountAt(1, '10.0.0.2'));
  // What runs already ends, and lets nobody in by that.
  late.resolve();
  const free = scope === 'nas:one' ? 2 : 1;
  await ended(free);
  expect(order).toHaveLength(free);
  expect(queue.size()).toBe(4 - free);
  expect(await pauses.resume(scope, 'anna')).toBe(true);
  await ended(4);
});

test('the breaker of a paused box tries nothing, and does once the pause is lifted', async () => {
  const directory = scriptedDirectory();
  let tries = 0;
  const answer = async () => {
    tries++;
    return silent;
  };
  directory.add('box', '10.0.0.1', answer, { breakerFailures: 1, breakerProbeMs: 5 });
  const { dispatcher, pauses, fire, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_drop', accountAt(1, '10.0.0.1'));
  await vi.waitFor(() => expect(tries).toBeGreaterThan(2));
  await pauses.pause('nas:box', why);
  await vi.waitFor(() => expect(dispatcher.gateOf('box').running).toBe(0));
  const before = tries;
  // Many times as long as it takes to the next trial.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(tries).toBe(before);
  await pauses.resume('nas:box', 'anna');
  await vi.waitFor(() => expect(tries).toBeGreaterThan(before));
});

test('a pause outlives a restart, with who, why and since when', async () => {
  const directory = scriptedDirectory();
  let runs = 0;
  directory.add('box', '10.0.0.1', async () => {
    runs++;
    return done;
  });
  const dir = tempDir();
  const first = await startStage(directory, dir);
  const pause = await first.pauses.pause('all', why);
  await first.fire('user_drop', accountAt(1, '10.0.0.1'));
  await first.stop();
  const second = await startStage(directory, dir);
  onTestFinished(second.stop);
  expect(second.pauses.list()).toEqual([{ scope: 'all', ...why, since: pause.since }]);
  await second.fire('user_drop', accountAt(2, '10.0.0.1'));
  expect(runs).toBe(0);
  await second.pauses.resume('all', 'олег');
  await second.ended(2);
  const audit = await second.store.audit({ limit: 10 });
  expect(audit.map(({ action, by, detail }) => [action, by, detail])).toEqual([
    ['resume', 'олег', { scope: 'all', paused: why.reason }],
    ['pause', 'anna', { scope: 'all', reason: why.reason }],
  ]);
});

test('a pause that is not on disk is not in force, and a pause again keeps its date', async () => {
  let broken = true;
  let now = 1000;
  const written: unknown[] = [];
  const store = {
    pauses: async () => [],
    write: async (changes: readonly unknown[]) => {
      if (broken) throw new Error('disk full');
      written.push(...changes);
      return { duplicates: new Set<string>(), conflicts: new Set<string>() };
    },
  };
  const pauses = await openPauses({ store, clock: () => now });
  const nas = { name: 'box', plugin: { name: 'mikrotik' } };
  await expect(pauses.pause('plugin:mikrotik', why)).rejects.toThrow('disk full');
  expect(pauses.of(nas)).toBeUndefined();
  broken = false;
  await pauses.pause('plugin:mikrotik', why);
  now = 2000;
  await pauses.pause('plugin:mikrotik', { by: 'олег', reason: 'ещё' });
  expect(pauses.of(nas)).toEqual({ scope: 'plugin:mikrotik', by: 'олег', reason: 'ещё', since: 1000 });
  expect(pauses.of({ name: 'box', plugin: { name: 'linux' } })).toBeUndefined();
  expect(pauses.of({ name: 'box', plugin: { name: 'linux' }, beside: { name: 'mikrotik' } })?.by).toBe('олег');
  await pauses.pause('all', why);
  expect(pauses.of(nas)?.scope).toBe('all');
  expect(await pauses.resume('nas:box', 'anna')).toBe(false);
  await expect(pauses.pause('everything', why)).rejects.toMatchObject({ code: 'input_invalid' });
});
