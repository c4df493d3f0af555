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
  /** Whether what is recorded there is only what the box lacks. */
  isExact(transport: string): boolean;
  /** What the box has instead of what the hook settles, empty when it has that; null: it cannot be told. */
  readonly other: string | null;
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

export function verdictOf({ done, after, isExact, other }: Seen): Verdict {
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
  // In its own words nothing of the account is there; what it sends all the same is to be sure.
  if (recorded.length === 0 || outcome.type === 'gone') return { result: 'agree', reason: '', left: [] };
  if (recorded.some(({ via }) => isExact(via))) return say('differ', 'it would still send something');
  // It sends the same each time: what counts is what the box has.
  if (other !== null) return other === '' ? { result: 'agree', reason: '', left: [] } : say('differ', other);
  const blind = [...new Set(recorded.map(({ via }) => via))].join(', ');
  return say('unclear', `it sends this by ${blind} each time, and cannot tell what the box has`);
}

/** Whether the box has to be asked what it has, for a verdict. */
export function isOpen({ done, after, isExact }: Omit<Seen, 'other'>): boolean {
  if (after === null || done.type === 'refused' || after.outcome.type !== 'done') return false;
  const recorded = recordedIn(after);
  return recorded.length > 0 && !recorded.some(({ via }) => isExact(via));
}

/** What would have gone to the box; what a plugin keeps for itself is not its matter. */
export function recordedIn({ exchanges }: Pick<HookReport, 'exchanges'>) {
  return exchanges.filter(({ kind, via }) => kind === 'recorded' && via !== 'kv');
}
