// What boxes and addresses share - runs, a gate - nobody keeps for itself, and no plugin can jam a lane.
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Outcome } from '#core/model/outcome.ts';
import { startStage } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const done: Outcome = { type: 'done' };
const pause = () => new Promise((resolve) => setTimeout(resolve, 2));

test('a box with much to do does not keep all runs of the daemon from another', async () => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  const answer = (name: string) => async () => {
    order.push(name);
    await pause();
    return done;
  };
  directory.add('busy', '10.0.0.1', answer('busy'));
  directory.add('quiet', '10.0.0.2', answer('quiet'));
  const { fire, ended, stop } = await startStage(directory, tempDir(), 2);
  onTestFinished(stop);
  const many = Array.from({ length: 60 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1')));
  await Promise.all([...many, fire('user_add', accountAt(1, '10.0.0.2'))]);
  await ended(61);
  expect(order.indexOf('quiet')).toBeLessThan(30);
});

test.each([
  ['runs', { concurrency: 1 }],
  ['rate', { ratePerSecond: 200 }],
])('two addresses of one profile share its %s', async (_what, changed) => {
  const directory = scriptedDirectory();
  const order: string[] = [];
  const answer = async ({ account }: { readonly account: Readonly<Record<string, string>> }) => {
    order.push(account['nas_ip'] ?? '');
    await pause();
    return done;
  };
  directory.add('box', ['10.0.0.1', '10.0.0.2'], answer, changed);
  const { fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const many = Array.from({ length: 80 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1')));
  await Promise.all([...many, fire('user_add', accountAt(1, '10.0.0.2'))]);
  await ended(81);
  expect(order.indexOf('10.0.0.2')).toBeLessThan(60);
});

test('a rate goes on at once when a box answers after its breaker was open', async () => {
  const directory = scriptedDirectory();
  const late = Promise.withResolvers<void>();
  const answer = async ({ account }: { readonly account: Readonly<Record<string, string>> }): Promise<Outcome> => {
    if (account['user_id'] === '1') await late.promise;
    if (account['user_id'] === '2') return { type: 'retry', reason: 'no answer', code: 'nas_timeout' };
    return done;
  };
  const limits = { breakerFailures: 1, breakerProbeMs: 60_000, ratePerSecond: 20, attempts: 100 };
  directory.add('box', '10.0.0.1', answer, limits);
  const { dispatcher, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_add', accountAt(1, '10.0.0.1'));
  await fire('user_add', accountAt(2, '10.0.0.1'));
  await vi.waitFor(() => expect(dispatcher.gateOf('box').breaker).toBe('open'));
  await Promise.all([3, 4, 5, 6, 7].map((user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  directory.add('box', '10.0.0.1', async () => done, limits);
  late.resolve();
  await ended(7);
});

test('a dead box kills no job, also when fewer attempts than its breaker needs are allowed', async () => {
  const directory = scriptedDirectory();
  let tries = 0;
  const answer = async (): Promise<Outcome> =>
    ++tries < 12 ? { type: 'retry', reason: 'no answer', code: 'nas_timeout' } : done;
  directory.add('dead', '10.0.0.1', answer, { breakerFailures: 5, attempts: 3 });
  const { fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_add', accountAt(1, '10.0.0.1'));
  await ended(1);
});

test('a plugin that asks for an absurd wait gets a day, and its job is on disk', async () => {
  const directory = scriptedDirectory();
  directory.add('box', '10.0.0.1', async () => ({
    type: 'retry',
    reason: 'later',
    code: 'nas_busy',
    afterMs: 1e300,
  }));
  const { store, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_add', accountAt(1, '10.0.0.1'));
  await ended(1, 'retrying');
  const { notBefore } = (await store.job(jobs[0] ?? '')) ?? { notBefore: 0 };
  expect(notBefore - Date.now()).toBeGreaterThan(23 * 3_600_000);
  expect(notBefore - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
});

test('a run that says aborted though nobody called it off is not begun again at once', async () => {
  const directory = scriptedDirectory();
  const starts: number[] = [];
  directory.add('box', '10.0.0.1', async () => {
    starts.push(performance.now());
    return starts.length < 12 ? { type: 'retry', reason: 'gone', code: 'aborted' } : done;
  });
  const { fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_add', accountAt(1, '10.0.0.1'));
  await ended(1);
  // The stage's first wait is 5 ms; what is stored of it is whole milliseconds.
  const shortest = Math.min(...starts.slice(1).map((at, index) => at - (starts[index] ?? 0)));
  expect(shortest).toBeGreaterThan(3.9);
});

test('a run that rejects ends its job and frees lane and gate', async () => {
  const directory = scriptedDirectory();
  directory.add(
    'box',
    '10.0.0.1',
    async ({ hook }) => {
      if (hook === 'user_drop') throw new Error('broken');
      return done;
    },
    { concurrency: 1 },
  );
  const { store, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_drop', accountAt(1, '10.0.0.1'));
  await fire('user_accept', accountAt(1, '10.0.0.1'));
  await ended(1);
  expect(await store.job(jobs[0] ?? '')).toMatchObject({ state: 'refused', code: 'internal' });
});

test('a box whose profile was mended is tried at once, not after the breaker has waited', async () => {
  const directory = scriptedDirectory();
  const silent: Outcome = { type: 'retry', reason: 'no answer', code: 'nas_timeout' };
  const slow = { breakerFailures: 1, breakerProbeMs: 600_000 };
  directory.add('box', '10.0.0.1', async () => silent, slow);
  const { dispatcher, fire, ended, stop } = await startStage(directory);
  onTestFinished(stop);
  await fire('user_add', accountAt(1, '10.0.0.1'));
  await vi.waitFor(() => expect(dispatcher.gateOf('box').breaker).toBe('open'));
  directory.add('box', '10.0.0.1', async () => done, slow);
  await ended(1);
  expect(dispatcher.gateOf('box').breaker).toBe('closed');
});
