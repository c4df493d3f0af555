// When a program has broken its walls often enough to get nothing more, and when a new version has failed often enough to go.
import { expect, test } from 'vitest';
import { type Code, OssiaError } from '#core/errors.ts';
import type { Outcome } from '#core/model/outcome.ts';
import type { HookReport, HookRun } from '#core/plugin-host/nas.ts';
import { createWarden } from '#core/plugin-host/quarantine.ts';
import { createTrial } from '#core/plugin-host/trial.ts';
import type { GuestResult } from '#core/sandbox/sandbox.ts';

const done: GuestResult = { type: 'returned', value: null };
const failed = (code: Code, suspect?: boolean): GuestResult => ({
  type: 'failed',
  error: new OssiaError(code, `because of ${code}`, suspect === undefined ? {} : { details: { suspect } }),
});

test.each<[string, GuestResult[], boolean]>([
  [
    'three limits broken in a row',
    ['cpu_exceeded', 'memory_exceeded', 'call_limit'].map((code) => failed(code as Code)),
    true,
  ],
  ['three workers brought down', [1, 2, 3].map(() => failed('worker_lost', true)), true],
  ['three workers that others brought down', [1, 2, 3].map(() => failed('worker_lost', false)), false],
  ['three runs lost beside others', [1, 2, 3].map(() => failed('run_lost')), false],
  ['a success in between', [failed('cpu_exceeded'), failed('cpu_exceeded'), done, failed('cpu_exceeded')], false],
  [
    'a dead box in between',
    [failed('cpu_exceeded'), failed('cpu_exceeded'), failed('nas_timeout'), failed('cpu_exceeded')],
    false,
  ],
  [
    'the doing of another in between',
    [failed('cpu_exceeded'), failed('cpu_exceeded'), failed('run_lost'), failed('cpu_exceeded')],
    true,
  ],
  ['bugs that break no wall', [1, 2, 3, 4].map(() => failed('plugin_error')), false],
])('after %s it is quarantined or not', (_what, results, quarantined) => {
  const said: string[] = [];
  const warden = createWarden({ now: () => 7, onQuarantine: (reason) => said.push(reason) });
  for (const result of results) warden.saw(result);
  expect(warden.quarantine() !== null).toBe(quarantined);
  expect(said).toHaveLength(quarantined ? 1 : 0);
  warden.release();
  expect(warden.quarantine()).toBeNull();
});

interface Story {
  readonly fails: (run: number) => boolean;
  readonly beforeFails?: boolean;
  readonly runs: number;
  readonly msEach?: number;
}

async function tell({ fails, beforeFails = false, runs, msEach = 0 }: Story) {
  let now = 0;
  const ends: string[] = [];
  const reportOf = (outcome: Outcome): HookReport => ({ outcome, exchanges: [], value: null, stack: '', program: 'p' });
  const no: Outcome = { type: 'refused', reason: 'нет', code: 'plugin_error' };
  const trial = createTrial({
    program: 'acme@2',
    against: 'acme@1',
    before: async () => reportOf(beforeFails ? no : { type: 'done' }),
    now: () => now,
    onWorse: (reason) => ends.push(reason),
    onPassed: () => ends.push('passed'),
  });
  const request: HookRun = {
    hook: 'user_edit',
    account: {},
    jobId: '1',
    attempt: 1,
    token: 't',
    dryRun: false,
    signal: new AbortController().signal,
  };
  const outcomes: string[] = [];
  for (let run = 1; run <= runs; run++) {
    now += msEach;
    const { outcome } = await trial.judge(request, reportOf(fails(run) ? no : { type: 'done' }), false);
    outcomes.push(outcome.type);
  }
  return { ends, outcomes, status: trial.status() };
}

test.each<[string, Story, string[]]>([
  ['two failures are too few', { fails: (run) => run <= 2, runs: 19 }, []],
  [
    'three at once are enough',
    { fails: () => true, runs: 3 },
    ['of its first 3 jobs 3 failed that acme@1 then did; the last: refused: нет'],
  ],
  ['one in six is not the version', { fails: (run) => run % 6 === 0, runs: 20 }, ['passed']],
  [
    'one in four is',
    { fails: (run) => run % 4 === 0, runs: 20 },
    ['of its first 12 jobs 3 failed that acme@1 then did; the last: refused: нет'],
  ],
  ['what the one before fails at too is not counted', { fails: () => true, beforeFails: true, runs: 20 }, ['passed']],
  ['it ends by time on a quiet box', { fails: () => false, runs: 3, msEach: 6 * 60_000 }, ['passed']],
])('a trial: %s', async (_what, story, ends) => {
  const told = await tell(story);
  expect(told.ends).toEqual(ends);
  expect(new Set(told.outcomes).has('refused')).toBe(story.beforeFails === true);
});
