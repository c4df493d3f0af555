// From how a run ended to what becomes of its job: pure.
import { type Code, isUnreachable } from '../errors.ts';
import type { Job } from '../model/job.ts';
import type { Outcome } from '../model/outcome.ts';
import type { BreakerState } from './gate.ts';

export interface RetrySettings {
  /** Milliseconds before the second attempt. */
  readonly first: number;
  readonly max: number;
  /** By which each further wait is longer than the one before. */
  readonly factor: number;
  /** Part of the wait that is left to chance, 0 to 1. */
  readonly jitter: number;
}

interface Situation {
  readonly job: Job;
  readonly outcome: Outcome;
  readonly breaker: BreakerState;
  /** Whether our own stop ended the run. */
  readonly calledOff: boolean;
  readonly attempts: number;
  readonly retry: RetrySettings;
  readonly now: number;
  /** 0 to 1. */
  readonly random: number;
}

export interface Resolved {
  readonly state: 'done' | 'waiting' | 'retrying' | 'parked' | 'refused' | 'dead' | 'skipped';
  readonly reason: string;
  readonly code: Code | '';
  readonly failures: number;
  readonly notBefore: number;
}

/** A lane is not held for longer at a plugin's word, and what is stored stays a whole number. */
const longestAfterMs = 24 * 3_600_000;

/** Failures of the plugin against its walls: neither the box nor the billing can mend them, an admin or a reload can. */
const parks: ReadonlySet<Code> = new Set(['cpu_exceeded', 'memory_exceeded', 'call_limit', 'quarantined']);

export function resolve(situation: Situation): Resolved {
  const { job, outcome } = situation;
  const ended = {
    reason: 'reason' in outcome ? outcome.reason : '',
    code: '' as const,
    failures: job.failures,
    notBefore: 0,
  };
  switch (outcome.type) {
    case 'done':
      return { ...ended, state: 'done' };
    case 'gone':
      return { ...ended, state: 'done', reason: `nothing to do: ${outcome.reason}` };
    case 'unsupported':
      return { ...ended, state: 'skipped', reason: `unsupported: ${outcome.reason}` };
    case 'refused':
      return { ...ended, state: parks.has(outcome.code) ? 'parked' : 'refused', code: outcome.code };
    case 'retry':
      return again(situation, outcome);
  }
}

function again(situation: Situation, outcome: Extract<Outcome, { type: 'retry' }>): Resolved {
  const { job, breaker, calledOff, attempts, retry, now, random } = situation;
  const { reason, code } = outcome;
  // As if the run had not been; at once only when that cannot go round and round.
  if (code === 'aborted' || code === 'run_lost')
    return { state: 'waiting', reason, code, failures: job.failures, notBefore: calledOff ? 0 : now + retry.first };
  // The breaker decides when this box is tried again; waiting for it costs no attempt.
  if (isUnreachable(code) && breaker === 'open')
    return { state: 'waiting', reason, code, failures: job.failures, notBefore: 0 };
  const failures = job.failures + 1;
  if (code === 'worker_lost' && job.code === 'worker_lost')
    return {
      state: 'parked',
      reason: `the sandbox worker died under it twice: ${reason}`,
      code,
      failures,
      notBefore: 0,
    };
  if (failures >= attempts)
    return {
      state: 'dead',
      reason: `given up after ${failures} failed attempts: ${reason}`,
      code,
      failures,
      notBefore: 0,
    };
  const backoff =
    Math.min(retry.max, retry.first * retry.factor ** (failures - 1)) * (1 + retry.jitter * (2 * random - 1));
  return {
    state: 'retrying',
    reason,
    code,
    failures,
    notBefore: now + Math.round(Math.min(outcome.afterMs ?? backoff, longestAfterMs)),
  };
}
