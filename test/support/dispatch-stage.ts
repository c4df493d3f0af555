// Dispatch over the real store and queue, in a folder of the test's own, with boxes from a script.
import { expect, vi } from 'vitest';
import { startDispatcher } from '#core/dispatch/dispatcher.ts';
import { openPauses } from '#core/dispatch/open-pauses.ts';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Account } from '#core/model/account.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import type { ScriptedDirectory } from './scripted-nas.ts';

export async function startStage(directory: ScriptedDirectory, dir = tempDir(), maxRunning = 256) {
  const store = await openStore({ directory: dir });
  const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting: 1e6, log: () => {} });
  const pauses = await openPauses({ store, clock: Date.now });
  const retry = { first: 5, max: 20, factor: 2, jitter: 0.2 };
  const dispatcher = startDispatcher({
    queue,
    directory,
    pauses,
    retry,
    maxRunning,
    clock: Date.now,
    onRun: () => {},
    log: () => {},
  });
  const stop = async () => {
    await dispatcher.stop(1000);
    queue.close();
    await store.close();
  };
  const started = performance.now();
  let last = 0;
  const fire = (hook: string, account: Account) => {
    const event = { id: `${started}-${++last}`, hook, account, occurredAt: new Date().toISOString(), source: 'test' };
    return queue.accept(event, jobsOf(event));
  };
  const ended = (count: number, state = 'done') =>
    vi.waitFor(async () => expect(await store.jobs({ limit: 10_000, states: [state as 'done'] })).toHaveLength(count), {
      timeout: 20_000,
      interval: 5,
    });
  return { store, queue, pauses, dispatcher, fire, ended, stop };
}
