// Work that is due for each box every so often: a period may be longer than any timer.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startBoxTimers } from '#core/model/box-timers.ts';
import { until } from '#test/support/until.ts';

test('a period of many days is not taken for none', async () => {
  const done: string[] = [];
  const periods = new Map([
    ['rare', 40 * 86_400_000],
    ['often', 5],
  ]);
  const timers = startBoxTimers({
    boxes: {
      get: (name) => (periods.has(name) ? { name } : undefined),
      list: () => [...periods.keys()].map((name) => ({ name })),
      onChange: () => () => undefined,
    },
    everyMs: ({ name }) => periods.get(name) ?? null,
    work: async ({ name }) => void done.push(name),
    random: () => 0.99,
  });
  onTestFinished(() => timers.stop());
  await until(() => done.length >= 3);
  await sleep(20);
  expect(new Set(done)).toEqual(new Set(['often']));
});
