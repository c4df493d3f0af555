// What a settled job says about its box: marks of what it left there, or that it failed to, or could not.

import { leftBy } from '../model/carried.ts';
import type { Job } from '../model/job.ts';
import { type AppliedMark, unsupportedState } from '../model/state.ts';
import type { Change } from '../store/store.ts';
import type { Hooks } from './superseding.ts';

/** A run ends skipped only when the plugin has no such hook: what an operator leaves out has no run. */
const failures: Readonly<Partial<Record<Job['state'], string>>> = {
  refused: 'refused',
  dead: 'dead',
  skipped: unsupportedState,
};

/** Goes into the batch that settles the job, so that neither is there without the other. */
export function appliedBy(hooks: Hooks, job: Job): Change[] {
  const { id, hook, account, nasKey, state, reason, updatedAt: at } = job;
  const userId = account['user_id'];
  const settled = Object.entries(leftBy(hooks.get(hook)?.settles ?? null, account));
  const isMade = state === 'done';
  const failure = failures[state];
  if (!userId || settled.length === 0 || (!isMade && failure === undefined)) return [];
  const marks = Object.fromEntries(
    settled.map(([key, value]): [string, AppliedMark] => [
      key,
      failure === undefined ? { value, job: id, at } : { failed: { state: failure, reason, job: id, at } },
    ]),
  );
  const isWiped = isMade && settled.some(([key, value]) => key === 'exists' && value === 'false');
  return [{ type: 'applied', userId, nasKey, marks, ...(isWiped ? { all: true } : {}) }];
}
