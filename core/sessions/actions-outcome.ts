// What a box truly answered when a session was to be ended or changed: from how its job stands to one word and the box's own.
import { isCode, isUnreachable } from '../errors.ts';
import type { Job } from '../model/job.ts';
import type { JournalEntry } from '../store/store.ts';
import type { Followed } from './actions-follow.ts';

export const actionOutcomes = [
  'ack',
  'gone',
  'nak',
  'silence',
  'pending',
  'unsupported',
  'failed',
  'no_profile',
  'rejected',
  'over',
  'recorded',
] as const;

/**
 * `ack`: the box took it. `gone`: it has no such session. `nak`: it said no. `silence`: it did not answer. `pending`: not told yet, the
 * job goes on. `unsupported`: its plugin has no such hook. `failed`: it could not be asked. `no_profile`: nobody knows how to reach it.
 * `rejected`: the values are none for this hook. `over`: the session had ended before. `recorded`: only our own record was to change.
 */
export type ActionOutcome = (typeof actionOutcomes)[number];

export function outcomeOf({ job, failed }: Followed): ActionOutcome {
  // A hook that is done says nothing; one that found nothing to do says so.
  if (job.state === 'done') return job.reason === '' ? 'ack' : 'gone';
  const code = codeOf(job) ?? codeOf(failed);
  if (code !== undefined && isUnreachable(code)) return 'silence';
  if (code === 'nas_refused' || code === 'nas_busy' || code === 'session_not_found') return 'nak';
  if (job.state === 'refused' || job.state === 'dead' || job.state === 'parked') return 'failed';
  // Something newer settles the same, and nobody waits for that here.
  if (job.state === 'superseded') return 'failed';
  if (job.state === 'skipped' && code === undefined) return job.attempt > 0 ? 'unsupported' : 'failed';
  return code === undefined ? 'pending' : 'failed';
}

export interface Words {
  /** What came from the box last; empty when nothing did. */
  readonly said: string;
  /** RFC 5176 Error-Cause as the box's answer names it; empty when it has none. */
  readonly errorCause: string;
}

export function wordsOf(journal: readonly JournalEntry[]): Words {
  const said = journal.findLast(({ kind }) => kind === 'received')?.text ?? '';
  return { said, errorCause: /\bError-Cause=([\w-]+)/.exec(said)?.[1] ?? '' };
}

function codeOf(job: Job | undefined) {
  return job !== undefined && isCode(job.code) ? job.code : undefined;
}
