// Parked jobs run once what they wait for is there, whenever that comes: no moment may be the one that is missed.
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Outcome } from '#core/model/outcome.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const done: Outcome = { type: 'done' };
const walled: Outcome = { type: 'refused', reason: 'computed too long', code: 'cpu_exceeded' };

test('a parked job runs after a restart when its profile came while the daemon was down', async () => {
  const directory = scriptedDirectory();
  const dir = tempDir();
  const first = await startStage(directory, dir);
  await first.fire('user_drop', accountAt(1, '10.0.0.9'));
  await first.ended(1, 'parked');
  await first.stop();
  directory.add('late', '10.0.0.9', async () => done);
  const second = await startStage(directory, dir);
  onTestFinished(second.stop);
  await second.ended(1);
});

test('a job runs whose profile comes while its parking is being written', async () => {
  const directory = scriptedDirectory();
  const { queue, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const settle = queue.settle;
  queue.settle = async (job, resolution) => {
    const settling = settle(job, resolution);
    if (resolution.state === 'parked') directory.add('late', '10.0.0.9', async () => done);
    await settling;
  };
  await fire('user_drop', accountAt(1, '10.0.0.9'));
  await ended(1);
});

test('a job that its plugin let down runs again when the plugin is mended before that is written', async () => {
  const directory = scriptedDirectory();
  directory.add('box', '10.0.0.1', async () => {
    directory.add('box', '10.0.0.1', async () => done);
    return walled;
  });
  const { fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_drop', accountAt(1, '10.0.0.1'));
  await ended(1);
});

test('a job runs whose plugin is let go from its quarantine while its parking is being written', async () => {
  const directory = scriptedDirectory();
  let outcome: Outcome = { type: 'refused', reason: 'в карантине', code: 'quarantined' };
  directory.add('box', '10.0.0.1', async () => outcome);
  const { queue, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const settle = queue.settle;
  queue.settle = async (job, resolution) => {
    const settling = settle(job, resolution);
    if (resolution.state === 'parked') {
      outcome = done;
      directory.letGo('box');
    }
    await settling;
  };
  await fire('user_drop', accountAt(1, '10.0.0.1'));
  await ended(1);
});

test('a job that its plugin let down stays parked while the plugin is the same', async () => {
  const directory = scriptedDirectory();
  let runs = 0;
  directory.add('box', '10.0.0.1', async () => {
    runs++;
    return walled;
  });
  const { fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_drop', accountAt(1, '10.0.0.1'));
  await ended(1, 'parked');
  // A job of the same box goes all the way meanwhile.
  await fire('user_drop', accountAt(2, '10.0.0.1'));
  await ended(2, 'parked');
  expect(runs).toBe(2);
});

test('a parked job behind one that was retried is not forgotten when the profile comes', async () => {
  const directory = scriptedDirectory();
  directory.add('box', '10.0.0.1', async () => ({ type: 'refused', reason: 'no', code: 'nas_refused' }));
  const { queue, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_drop', accountAt(1, '10.0.0.1'));
  await ended(1, 'refused');
  directory.remove('box');
  await fire('user_redirect', accountAt(1, '10.0.0.1'));
  await ended(1, 'parked');
  await queue.retry(jobs[0] ?? '', 'test');
  await ended(2, 'parked');
  const order: string[] = [];
  directory.add('box', '10.0.0.1', async ({ hook }) => {
    order.push(hook);
    return done;
  });
  await ended(2);
  expect(order).toEqual(['user_drop', 'user_redirect']);
});

test('a profile that is taken away while jobs wait for its dead box parks them', async () => {
  const directory = scriptedDirectory();
  const silent: Outcome = { type: 'retry', reason: 'no answer', code: 'nas_unreachable' };
  directory.add('box', '10.0.0.1', async () => silent, { breakerFailures: 1, breakerProbeMs: 60_000 });
  const { dispatcher, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await Promise.all([1, 2, 3].map((user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  await vi.waitFor(() => expect(dispatcher.gateOf('box').breaker).toBe('open'));
  directory.remove('box');
  await ended(3, 'parked');
});

test('many jobs of a box that was taken away are parked piece by piece, and all run when it is back', async () => {
  const directory = scriptedDirectory();
  const begun = Promise.withResolvers<void>();
  directory.add('box', '10.0.0.1', async () => {
    await begun.promise;
    return done;
  });
  const { queue, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  let parking = 0;
  let most = 0;
  const settle = queue.settle;
  queue.settle = async (job, resolution) => {
    most = Math.max(most, ++parking);
    await settle(job, resolution);
    parking--;
  };
  const jobs = 2000;
  await Promise.all(Array.from({ length: jobs }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  directory.remove('box');
  begun.resolve();
  // The four that ran end well.
  await ended(jobs - 4, 'parked');
  expect(most).toBeLessThan(600);
  directory.add('box', '10.0.0.1', async () => done);
  await ended(jobs);
});
