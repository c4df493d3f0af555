// What a settled job says about its box: marks of what it left there, or that it failed to.

import type { Job } from '../model/job.ts';
import type { AppliedMark } from '../model/state.ts';
import { settledBy } from '../model/state.ts';
import type { Change } from '../store/store.ts';
import type { Hooks } from './superseding.ts';

/** Goes into the batch that settles the job, so that neither is there without the other. */
export function appliedBy(hooks: Hooks, job: Job): Change[] {
  const { id, hook, account, nasKey, state, reason, updatedAt: at } = job;
  const userId = account['user_id'];
  const settled = Object.entries(settledBy(hooks.get(hook)?.settles ?? null, account));
  const isMade = state === 'done';
  if (!userId || settled.length === 0 || (!isMade && state !== 'refused' && state !== 'dead')) return [];
  const marks = Object.fromEntries(
    settled.map(([key, value]): [string, AppliedMark] => [
      key,
      isMade ? { value, job: id, at } : { failed: { state, reason, job: id, at } },
    ]),
  );
  const isWiped = isMade && settled.some(([key, value]) => key === 'exists' && value === 'false');
  return [{ type: 'applied', userId, nasKey, marks, ...(isWiped ? { all: true } : {}) }];
}
