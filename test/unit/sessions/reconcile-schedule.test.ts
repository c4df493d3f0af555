// When boxes are compared: by their profile's period, one after another run, and never after the stop.
import { expect, onTestFinished, test } from 'vitest';
import type { ReconcileReport } from '#core/sessions/reconcile.ts';
import type { Box } from '#core/sessions/reconcile-boxes.ts';
import { scheduleReconcile } from '#core/sessions/reconcile-schedule.ts';
import { until } from '#test/support/until.ts';

function scene(periods: Readonly<Record<string, number | null>>, mostAtOnce = 4) {
  const boxes = new Map<string, Box>();
  const listeners = new Set<(name: string) => void>();
  const set = (name: string, everyMs: number | null) => {
    const sync = { everyMs, graceMs: 0, mostClosed: 1 };
    boxes.set(name, { name, profile: { sync }, listSessions: async () => ({ type: 'failed', reason: '' }) });
    for (const listener of listeners) listener(name);
  };
  for (const [name, everyMs] of Object.entries(periods)) set(name, everyMs);
  const runs: string[] = [];
  const world = { running: 0, most: 0, fails: false, hold: Promise.resolve() };
  const schedule = scheduleReconcile({
    boxes: {
      get: (name) => boxes.get(name),
      list: () => [...boxes].map(([name, nas]) => ({ name, nas })),
      onChange(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    reconciler: {
      async sync({ nas }) {
        runs.push(nas);
        world.running += 1;
        world.most = Math.max(world.most, world.running);
        await world.hold;
        world.running -= 1;
        if (world.fails) throw new Error('on purpose');
        return {} as ReconcileReport;
      },
    },
    mostAtOnce,
  });
  onTestFinished(() => schedule.stop());
  const count = (name: string) => runs.filter((run) => run === name).length;
  return { world, schedule, set, count, remove: (name: string) => boxes.delete(name) };
}

test('a box is compared again and again by its period, one without a period never', async () => {
  const { count } = scene({ often: 10, never: null });
  await until(() => count('often') >= 3);
  expect(count('never')).toBe(0);
});

test('a run that fails does not end the period', async () => {
  const { world, count } = scene({ often: 10 });
  world.fails = true;
  await until(() => count('often') >= 3);
});

test('a profile that changes gets its new period, or none', async () => {
  const { set, count } = scene({ bras: null });
  set('bras', 10);
  await until(() => count('bras') >= 1);
  set('bras', null);
  const before = count('bras');
  set('other', 10);
  await until(() => count('other') >= 3);
  expect(count('bras')).toBeLessThanOrEqual(before + 1);
});

test('no more boxes are asked at once than allowed, and all have their turn', async () => {
  const names = Array.from({ length: 12 }, (_, n) => `b${n}`);
  const { world, count } = scene(Object.fromEntries(names.map((name) => [name, 5])), 2);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hold = promise;
  await until(() => world.running === 2);
  resolve();
  await until(() => names.every((name) => count(name) >= 2));
  expect(world.most).toBe(2);
});

test('the stop waits for what runs, and nothing comes after it', async () => {
  const { world, schedule, count } = scene({ bras: 5 });
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hold = promise;
  await until(() => world.running === 1);
  let isStopped = false;
  const stopped = schedule.stop().then(() => {
    isStopped = true;
  });
  await Promise.resolve();
  expect(isStopped).toBe(false);
  resolve();
  await stopped;
  expect([world.running, count('bras')]).toEqual([0, 1]);
});
