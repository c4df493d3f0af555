// What a plugin that only looks on says of a hook that another has done: pure, from the two reports.
import type { Account } from '../model/account.ts';
import type { Outcome } from '../model/outcome.ts';
import type { HookReport } from './nas.ts';

export const shadowResults = ['agree', 'differ', 'unclear'] as const;
export type ShadowResult = (typeof shadowResults)[number];

/** One hook that was compared. */
export interface ShadowRun {
  readonly nas: string;
  /** Of the one that looked on: program and options. */
  readonly version: string;
  readonly hook: string;
  readonly account: Account;
  readonly jobId: string;
  readonly at: number;
  readonly result: ShadowResult;
  /** Why it is not `agree`; empty when it is. */
  readonly reason: string;
  /** What it would still send. */
  readonly left: readonly string[];
  /** What it would have sent before the real run; null when it was not asked. */
  readonly before: readonly string[] | null;
}

export interface Seen {
  /** Of the plugin that did the work. */
  readonly done: Outcome;
  /** Of the one that looked on, after it; null: it did not answer in time. */
  readonly after: HookReport | null;
  /** Whether a dry run over this transport cannot see what the box has. */
  isBlind(transport: string): boolean;
}

export interface Verdict {
  readonly result: ShadowResult;
  readonly reason: string;
  readonly left: readonly string[];
}

/** Only what the box took, or refused for good, can be compared. */
export function isComparable(outcome: Outcome): boolean {
  if (outcome.type === 'refused') return outcome.code === 'nas_refused';
  return outcome.type === 'done' || outcome.type === 'gone';
}

export function verdictOf({ done, after, isBlind }: Seen): Verdict {
  if (after === null) return { result: 'unclear', reason: 'it did not answer in time', left: [] };
  const { outcome } = after;
  const recorded = recordedIn(after);
  const left = recorded.map(({ via, text }) => `${via}: ${text}`);
  const say = (result: ShadowResult, reason: string): Verdict => ({ result, reason, left });
  const words = 'reason' in outcome ? `${outcome.type}: ${outcome.reason}` : outcome.type;
  if (outcome.type === 'retry' || (outcome.type === 'refused' && outcome.code === 'quarantined'))
    return say('unclear', words);
  const would = outcome.type === 'done' || outcome.type === 'gone';
  if (done.type === 'refused')
    return would ? say('differ', `it would not refuse, as was done: ${done.reason}`) : say('agree', '');
  if (!would) return say('differ', words);
  if (recorded.some(({ via }) => !isBlind(via))) return say('differ', 'it would still send something');
  if (recorded.length === 0) return say('agree', '');
  const blind = [...new Set(recorded.map(({ via }) => via))].join(', ');
  return say('unclear', `whether the box has taken it cannot be seen by ${blind}`);
}

/** What would have gone to the box; what a plugin keeps for itself is not its matter. */
export function recordedIn({ exchanges }: Pick<HookReport, 'exchanges'>) {
  return exchanges.filter(({ kind, via }) => kind === 'recorded' && via !== 'kv');
}
