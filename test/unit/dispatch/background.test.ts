// Jobs of the background: at their own rate, behind everything live of their box, and never in its last slot.
import { expect, onTestFinished, test, vi } from 'vitest';
import { createGate } from '#core/dispatch/gate.ts';
import { laneOf } from '#core/model/account.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, limits, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const done: Outcome = { type: 'done' };
const nas = '10.0.0.1';

type Stage = Awaited<ReturnType<typeof startStage>>;

/** One event with a job of the background for each user. */
function behind({ queue }: Pick<Stage, 'queue'>, users: readonly number[], at = nas) {
  const drafts = users.map((user) => {
    const account = accountAt(user, at);
    return { hook: 'user_drop', account, lane: laneOf(account), nasKey: at, background: true };
  });
  const event = { id: `behind-${users[0]}@${at}`, hook: 'user_drop', account: {}, occurredAt: '', source: 'resync' };
  return queue.accept(event, drafts);
}
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

test('what is live comes before all that waits in the background, and leaves it a slot', async () => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  let inFlight = 0;
  let most = 0;
  const first = Promise.withResolvers<void>();
  const answer = async ({ account }: { readonly account: Readonly<Record<string, string>> }) => {
    order.push(account['user_id'] ?? '');
    most = Math.max(most, ++inFlight);
    await first.promise;
    inFlight--;
    return done;
  };
  directory.add('box', nas, answer, { concurrency: 3 }, { ratePerSecond: 100_000 });
  const stage = await startStage(directory);
  onTestFinished(stage.stop);
  await behind(stage, range(0, 50));
  await vi.waitFor(() => expect(order).toHaveLength(2));
  expect(stage.queue.backgroundDepth(nas)).toBe(50);
  await stage.fire('user_drop', accountAt(100, nas));
  // The slot that was kept is for this one.
  await vi.waitFor(() => expect(order[2]).toBe('100'));
  expect(most).toBe(3);
  await Promise.all(range(101, 121).map((user) => stage.fire('user_drop', accountAt(user, nas))));
  first.resolve();
  await stage.ended(71);
  const lastLive = Math.max(...range(100, 121).map((user) => order.indexOf(String(user))));
  const ahead = order.slice(0, lastLive).filter((user) => Number(user) < 100);
  expect(ahead.length).toBeLessThan(6);
  expect(stage.queue.backgroundDepth(nas)).toBe(0);
});

test('a live job behind one of the background takes that along', async () => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  const answer = async ({ account, hook }: { readonly account: Readonly<Record<string, string>>; hook: string }) => {
    order.push(`${hook} ${account['user_id']}`);
    return done;
  };
  // One in ten minutes: none of them would run in time by itself after the first.
  directory.add('box', nas, answer, {}, { ratePerSecond: 1 / 600 });
  const stage = await startStage(directory);
  onTestFinished(stage.stop);
  await behind(stage, range(0, 20));
  await vi.waitFor(() => expect(order).toHaveLength(1));
  await stage.fire('user_redirect', accountAt(7, nas));
  await stage.ended(3);
  expect(order.slice(1)).toEqual(['user_drop 7', 'user_redirect 7']);
});

test('the background waits while something live is ready under another address of its box', async () => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  const answer = async ({ account }: { readonly account: Readonly<Record<string, string>> }) => {
    order.push(account['nas_ip'] ?? '');
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  };
  directory.add('box', [nas, '10.0.0.2'], answer, { concurrency: 1 }, { ratePerSecond: 100_000 });
  const stage = await startStage(directory);
  onTestFinished(stage.stop);
  await stage.pauses.pause('all', { by: 'test', reason: 'until all are there' });
  await behind(stage, range(0, 10));
  await Promise.all(range(0, 10).map((user) => stage.fire('user_drop', accountAt(user, '10.0.0.2'))));
  await stage.pauses.resume('all', 'test');
  await stage.ended(20);
  expect(order).toEqual([...range(0, 10).map(() => '10.0.0.2'), ...range(0, 10).map(() => nas)]);
});

test('the background of many boxes leaves runs of the daemon to what is live', async () => {
  const directory = scriptedDirectory();
  const late = Promise.withResolvers<void>();
  let live = 0;
  for (const box of range(1, 11))
    directory.add(
      `box${box}`,
      `10.0.0.${box}`,
      async ({ hook }) => {
        if (hook === 'user_drop') await late.promise;
        else live++;
        return done;
      },
      {},
      { ratePerSecond: 100_000 },
    );
  const stage = await startStage(directory, tempDir(), 8);
  onTestFinished(async () => {
    late.resolve();
    await stage.stop();
  });
  for (const box of range(1, 11)) await behind(stage, range(0, 5), `10.0.0.${box}`);
  for (const box of range(1, 11)) await stage.fire('user_redirect', accountAt(50, `10.0.0.${box}`));
  await vi.waitFor(() => expect(live).toBe(10));
  late.resolve();
  await stage.ended(60);
});

test('a gate keeps the background to its rate and out of its last slot, and lets what is live in at once', () => {
  let now = 1_000_000;
  const gate = createGate(() => now);
  const two = { ...limits, concurrency: 2 };
  // A tenth of a second's worth may come at once.
  for (const _ of range(0, 3)) {
    expect(gate.wait(two, 20)).toBe(0);
    gate.enter(two, 20);
    gate.leave(true, two);
  }
  expect(gate.wait(two, 20)).toBe(50);
  expect(gate.wait(two)).toBe(0);
  gate.enter(two);
  now += 10_000;
  expect(gate.wait(two, 20)).toBe(Number.POSITIVE_INFINITY);
  expect(gate.wait(two)).toBe(0);
  const one = { ...limits, concurrency: 1 };
  gate.leave(true, two);
  expect(gate.wait(one, 20)).toBe(0);
});
