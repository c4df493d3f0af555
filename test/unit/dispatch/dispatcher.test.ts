// Dispatch over the real queue and store: order through retries, gates, breaker, parking.
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { startStage as start } from '#test/support/dispatch-stage.ts';
import { accountAt, scriptedDirectory } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const done: Outcome = { type: 'done' };
const silent: Outcome = { type: 'retry', reason: 'no answer', code: 'nas_timeout' };

test('a lane keeps its order and never overlaps, whatever fails on the way', { timeout: 90_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ user: fc.integer({ min: 1, max: 4 }), fails: fc.integer({ min: 0, max: 3 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      async (plan) => {
        const directory = scriptedDirectory();
        const dones = new Map<string, number[]>();
        const inFlight = new Map<string, number>();
        let overlaps = 0;
        directory.add('box', '10.0.0.1', async ({ account, attempt }) => {
          const user = account['user_id'] ?? '';
          inFlight.set(user, (inFlight.get(user) ?? 0) + 1);
          if ((inFlight.get(user) ?? 0) > 1) overlaps++;
          await new Promise((resolve) => setImmediate(resolve));
          inFlight.set(user, (inFlight.get(user) ?? 0) - 1);
          if (attempt <= Number(account['fails'])) return silent;
          dones.set(user, [...(dones.get(user) ?? []), Number(account['step'])]);
          return done;
        });
        const { fire, ended, stop } = await start(directory);
        await Promise.all(
          plan.map(({ user, fails }, step) =>
            fire('user_edit', accountAt(user, '10.0.0.1', { step: String(step), fails: String(fails) })),
          ),
        );
        await ended(plan.length);
        await stop();
        expect(overlaps).toBe(0);
        for (const [user, steps] of dones) {
          const wanted = plan.flatMap((item, step) => (String(item.user) === user ? [step] : []));
          expect(steps).toEqual(wanted);
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('a job of an unknown NAS is parked with its reason and runs when the profile appears', async () => {
  const directory = scriptedDirectory();
  const { store, fire, ended, stop } = await start(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_drop', accountAt(1, '10.0.0.9'));
  await ended(1, 'parked');
  expect((await store.job(jobs[0] ?? ''))?.reason).toContain('no profile matches nas_ip "10.0.0.9"');
  directory.add('late', '10.0.0.9', async () => done);
  await ended(1);
  const kinds = (await store.journal(jobs[0] ?? '')).map(({ kind }) => kind);
  expect(kinds).toEqual(['outcome', 'received', 'outcome']);
});

test('an event that comes twice gives the same jobs and runs once', async () => {
  const directory = scriptedDirectory();
  let runs = 0;
  directory.add('box', '10.0.0.1', async () => {
    runs++;
    return done;
  });
  const { queue, ended, stop } = await start(directory);
  onTestFinished(stop);
  const event = { id: 'twice', hook: 'user_drop', account: accountAt(1, '10.0.0.1'), occurredAt: '', source: 'test' };
  const [first, second] = await Promise.all([queue.accept(event, jobsOf(event)), queue.accept(event, jobsOf(event))]);
  expect(second).toEqual({ jobs: first.jobs, duplicate: true });
  await ended(1);
  expect(runs).toBe(1);
});

test('a box that does not answer opens its breaker: jobs wait without using up attempts, and all run when it is back', async () => {
  const directory = scriptedDirectory();
  let alive = false;
  let tries = 0;
  const answer = async () => {
    tries++;
    return alive ? done : silent;
  };
  directory.add('dead', '10.0.0.1', answer, { breakerFailures: 3, attempts: 3 });
  const { store, dispatcher, fire, ended, stop } = await start(directory);
  onTestFinished(stop);
  await Promise.all(Array.from({ length: 40 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  await vi.waitFor(() => expect(dispatcher.gateOf('dead').breaker).toBe('open'));
  await vi.waitFor(() => expect(tries).toBeGreaterThan(8));
  expect(await store.jobs({ limit: 100, states: ['dead'] })).toEqual([]);
  alive = true;
  await ended(40);
  expect(dispatcher.gateOf('dead').breaker).toBe('closed');
});

test('a dead box does not hold another one', async () => {
  const directory = scriptedDirectory();
  const { promise: over, resolve: release } = Promise.withResolvers<void>();
  // It answers nothing at all until the test is over: whoever had to wait for it would wait for ever.
  directory.add('dead', '10.0.0.1', () => over.then(() => silent));
  directory.add('alive', '10.0.0.2', async () => done);
  const { fire, ended, stop } = await start(directory);
  onTestFinished(async () => {
    release();
    await stop();
  });
  await Promise.all(Array.from({ length: 100 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  await Promise.all(Array.from({ length: 100 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.2'))));
  await ended(100);
});

test('a refused job does not hold its lane, stays visible, and can be retried', async () => {
  const directory = scriptedDirectory();
  let willing = false;
  directory.add('box', '10.0.0.1', async ({ hook }) =>
    hook === 'user_drop' && !willing ? { type: 'refused', reason: 'нет такого профиля', code: 'nas_refused' } : done,
  );
  const { store, queue, fire, ended, stop } = await start(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_drop', accountAt(1, '10.0.0.1'));
  await fire('user_redirect', accountAt(1, '10.0.0.1'));
  await ended(1);
  expect(await store.job(jobs[0] ?? '')).toMatchObject({
    state: 'refused',
    code: 'nas_refused',
    reason: 'нет такого профиля',
  });
  willing = true;
  await queue.retry(jobs[0] ?? '', 'test');
  await ended(2);
});

test('a job that fails too often is dead and its lane goes on', async () => {
  const directory = scriptedDirectory();
  directory.add(
    'box',
    '10.0.0.1',
    async ({ hook }) => (hook === 'user_drop' ? { type: 'retry', reason: 'busy', code: 'nas_busy' } : done),
    { attempts: 3 },
  );
  const { store, fire, ended, stop } = await start(directory);
  onTestFinished(stop);
  const { jobs } = await fire('user_drop', accountAt(1, '10.0.0.1'));
  await fire('user_redirect', accountAt(1, '10.0.0.1'));
  await ended(1);
  expect(await store.job(jobs[0] ?? '')).toMatchObject({
    state: 'dead',
    attempt: 3,
    reason: 'given up after 3 failed attempts: busy',
  });
});

test('a restart runs what had not ended, in its order', async () => {
  const directory = scriptedDirectory();
  const dir = tempDir();
  const first = await start(directory, dir);
  for (const step of [1, 2, 3]) await first.fire('user_edit', accountAt(1, '10.0.0.1', { step: String(step) }));
  await first.stop();
  const steps: string[] = [];
  directory.add('box', '10.0.0.1', async ({ account }) => {
    steps.push(account['step'] ?? '');
    return done;
  });
  const second = await start(directory, dir);
  onTestFinished(second.stop);
  await second.ended(3);
  expect(steps).toEqual(['1', '2', '3']);
});

test('a gate keeps to concurrency and rate', async () => {
  const directory = scriptedDirectory();
  let inFlight = 0;
  let most = 0;
  const starts: number[] = [];
  directory.add(
    'box',
    '10.0.0.1',
    async () => {
      most = Math.max(most, ++inFlight);
      starts.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 5));
      inFlight--;
      return done;
    },
    { concurrency: 2, ratePerSecond: 100 },
  );
  const { fire, ended, stop } = await start(directory);
  onTestFinished(stop);
  await Promise.all(Array.from({ length: 50 }, (_, user) => fire('user_add', accountAt(user, '10.0.0.1'))));
  await ended(50);
  expect(most).toBe(2);
  // 50 starts at 100/s with a burst of at most 10.
  expect((starts.at(-1) ?? 0) - (starts[0] ?? 0)).toBeGreaterThan(350);
});
