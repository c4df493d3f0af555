// How a listing that did not come to its end counts: the box was silent, the plugin cannot, or something was wrong.
import type { OssiaError } from '../errors.ts';
import type { Mask } from '../model/mask.ts';
import { isUnanswered } from '../model/outcome.ts';
import type { GuestResult } from '../sandbox/sandbox.ts';
import { outcomeOf } from './outcome-of.ts';

/** Runs a function of the plugin that lists, its rows taken as they come. */
export type Listing = (name: string, onRows: (rows: unknown) => Promise<void>) => Promise<GuestResult>;

interface ListingEnd {
  readonly result: GuestResult;
  /** What was wrong with the rows. */
  readonly problem: OssiaError | null;
  readonly mask: Mask;
}

export interface ListingFailure {
  readonly type: 'unreachable' | 'unsupported' | 'failed';
  readonly reason: string;
}

/** Null: all of it came. */
export function wholeOrWhy({ result, problem, mask }: ListingEnd): ListingFailure | null {
  if (problem) return { type: 'failed', reason: mask(problem.message) };
  const outcome = outcomeOf({ result, mask, where: '' });
  if (outcome.type === 'done') return null;
  if (outcome.type === 'unsupported') return outcome;
  const reason = 'reason' in outcome ? outcome.reason : 'The plugin gave no list.';
  return { type: isUnanswered(outcome) ? 'unreachable' : 'failed', reason };
}
