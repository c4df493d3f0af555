// What becomes of a job after each kind of run: a table, and the bounds of the wait.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolve } from '#core/dispatch/resolve.ts';
import type { Job } from '#core/model/job.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { accountAt } from '#test/support/scripted-nas.ts';

const retry = { first: 1000, max: 300_000, factor: 2, jitter: 0.2 };

function job(more: Partial<Job> = {}): Job {
  const account = accountAt(1, '10.0.0.1');
  const base = { id: '1', eventId: 'e1', lane: '1@10.0.0.1', nasKey: '10.0.0.1', hook: 'user_drop', account };
  const times = { background: false, notBefore: 0, createdAt: 1, updatedAt: 1 };
  return { ...base, ...times, state: 'running', attempt: 1, failures: 0, reason: '', code: '', ...more };
}

const after = (outcome: Outcome, more: Partial<Job> = {}, breaker: 'open' | 'closed' = 'closed') =>
  resolve({ job: job(more), outcome, breaker, attempts: 3, retry, now: 1_000_000, random: 0.5, calledOff: false });

const again = (code: Extract<Outcome, { type: 'retry' }>['code']): Outcome => ({ type: 'retry', reason: 'why', code });
const no = (code: Extract<Outcome, { type: 'refused' }>['code']): Outcome => ({ type: 'refused', reason: 'why', code });

test.each<[string, Outcome, Partial<Job>, 'open' | 'closed', object]>([
  ['done', { type: 'done' }, {}, 'closed', { state: 'done', reason: '' }],
  [
    'gone',
    { type: 'gone', reason: 'no session' },
    {},
    'closed',
    { state: 'done', reason: 'nothing to do: no session' },
  ],
  ['a hook that the plugin lacks', { type: 'unsupported', reason: 'no such hook' }, {}, 'closed', { state: 'skipped' }],
  ['a refusal', no('nas_refused'), {}, 'closed', { state: 'refused', code: 'nas_refused' }],
  ['a bug of the plugin', no('plugin_error'), {}, 'closed', { state: 'refused', code: 'plugin_error' }],
  ['too much computing', no('cpu_exceeded'), {}, 'closed', { state: 'parked' }],
  ['too much memory', no('memory_exceeded'), {}, 'closed', { state: 'parked' }],
  ['a busy box', again('nas_busy'), {}, 'closed', { state: 'retrying', failures: 1, notBefore: 1_001_000 }],
  ['a busy box for the last time', again('nas_busy'), { failures: 2 }, 'closed', { state: 'dead', failures: 3 }],
  ['silence before the breaker opens', again('nas_timeout'), {}, 'closed', { state: 'retrying', failures: 1 }],
  ['silence with an open breaker', again('nas_timeout'), { failures: 2 }, 'open', { state: 'waiting', failures: 2 }],
  [
    'a run that another one took along, as often as that happens',
    again('run_lost'),
    { failures: 1, code: 'worker_lost' },
    'closed',
    { state: 'waiting', failures: 1, notBefore: 1_001_000 },
  ],
  ['a lost worker', again('worker_lost'), {}, 'closed', { state: 'retrying' }],
  [
    'a lost worker after another failure',
    again('worker_lost'),
    { failures: 1, code: 'nas_busy' },
    'closed',
    { state: 'retrying' },
  ],
  [
    'a second lost worker in a row',
    again('worker_lost'),
    { failures: 1, code: 'worker_lost' },
    'closed',
    { state: 'parked' },
  ],
])('after %s the job is as it should be', (_what, outcome, more, breaker, wanted) => {
  expect(after(outcome, more, breaker)).toMatchObject(wanted);
});

test('the wait grows by the factor, keeps to its jitter and to the longest', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 60 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const given = { job: job({ failures }), outcome: again('nas_busy'), breaker: 'closed' as const, attempts: 100 };
      const { notBefore } = resolve({ ...given, retry, now: 0, random, calledOff: false });
      const plain = Math.min(retry.max, retry.first * 2 ** failures);
      expect(notBefore).toBeGreaterThanOrEqual(Math.floor(plain * 0.8));
      expect(notBefore).toBeLessThanOrEqual(Math.ceil(plain * 1.2));
    }),
  );
});
