// Resyncs begin at their profile's time, and when an uptime goes back; a profile that is taken away ends both.
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ResyncBox } from '#core/accounts/resync-plan.ts';
import { startResyncTriggers } from '#core/accounts/resync-triggers.ts';
import { scriptedDirectory } from '#test/support/scripted-nas.ts';

function world() {
  const directory = scriptedDirectory();
  let uptime: number | null = null;
  let now = 1_000_000_000;
  const begun: string[] = [];
  const rebooted: string[] = [];
  const boxOf = (name: string): ResyncBox | undefined => {
    const nas = directory.get(name);
    return nas && { ...nas, uptime: async () => uptime };
  };
  const follow = new Set<(name: string) => void>();
  const names: string[] = [];
  const stop = startResyncTriggers({
    boxes: {
      get: boxOf,
      list: () => names.map((name) => ({ name })),
      onChange(listener) {
        follow.add(listener);
        return () => follow.delete(listener);
      },
    },
    random: () => 0.5,
    resyncs: {
      start: async ({ nas, cause }) => {
        begun.push(`${nas} ${cause}`);
        throw new Error('one is under way');
      },
      rebooted: (nas) => void rebooted.push(nas),
    },
    clock: () => now,
    log: { info: () => {}, warn: () => {} },
  });
  onTestFinished(stop);
  const profile = (name: string, resync: object) => {
    directory.add(name, '10.0.0.1', async () => ({ type: 'done' }), {}, resync);
    for (const listener of follow) listener(name);
  };
  const remove = (name: string) => {
    directory.remove(name);
    for (const listener of follow) listener(name);
  };
  return {
    begun,
    rebooted,
    profile,
    remove,
    stop,
    async seen(value: number | null, laterMs: number) {
      uptime = value;
      now += laterMs;
      await vi.advanceTimersByTimeAsync(1000);
    },
  };
}

test('a resync begins every so often, and goes on beginning when one could not', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { begun, profile, remove } = world();
  profile('bras-1', { everyMs: 10_000 });
  profile('bras-2', { everyMs: null });
  await vi.advanceTimersByTimeAsync(5000);
  expect(begun).toEqual(['bras-1 schedule']);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(begun).toHaveLength(3);
  remove('bras-1');
  await vi.advanceTimersByTimeAsync(50_000);
  expect(begun).toHaveLength(3);
});

test('a period longer than a timer can be does not run at once', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { begun, profile } = world();
  profile('bras-1', { everyMs: 400 * 86_400_000 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toEqual([]);
});

test('an uptime that went back is a reboot; one that only did not grow as a clock would is none', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const { rebooted, profile, seen } = world();
  profile('bras-1', { uptimeEveryMs: 1000 });
  await seen(5000, 0);
  await seen(5600, 600_000);
  await seen(5590, 0);
  await seen(null, 1000);
  expect(rebooted).toEqual([]);
  // Began anew, though it has been up for longer by now than when it was last seen before.
  await seen(9000, 36_000_000);
  expect(rebooted).toEqual(['bras-1']);
  await seen(9600, 600_000);
  expect(rebooted).toEqual(['bras-1']);
});
