// Runs one case of a plugin and says, as data, what came out other than the case says.
import { OssiaError } from '../errors.ts';
import type { Outcome } from '../model/outcome.ts';
import type { KitBox } from './box.ts';
import type { PluginCase } from './cases.ts';
import { diff, isSame } from './diff.ts';
import type { PluginKit } from './kit.ts';

export interface Difference {
  /** `profile`: with the case's options the plugin does not even load, or its self-test fails. */
  readonly what: 'profile' | 'outcome' | 'sent' | 'state_after' | 'returns';
  readonly wanted: unknown;
  readonly got: unknown;
  /** For reading: `-` lines are wanted, `+` lines came. */
  readonly diff: string;
}

export interface CaseResult {
  readonly hook: string;
  readonly name: string;
  readonly file: string;
  /** Empty: it passed. */
  readonly differences: readonly Difference[];
  /** Why it ended so, in the plugin's or the box's words. */
  readonly reason: string;
  /** The author's own lines, when the plugin failed. */
  readonly stack: string;
}

export async function runCase(kit: PluginKit, wanted: PluginCase): Promise<CaseResult> {
  const { hook, name, file, state, options } = wanted;
  const head = { hook, name, file };
  let box: KitBox;
  try {
    box = await kit.openBox({ state, options });
  } catch (error) {
    if (!(error instanceof OssiaError)) throw error;
    const profile = { what: 'profile', wanted: 'in force', got: error.message, diff: `+ ${error.message}` } as const;
    return { ...head, differences: [profile], reason: error.message, stack: '' };
  }
  try {
    const { outcome, value, stack } = await box.run(hook, wanted.account, { attempt: wanted.attempt });
    const sent = box.exchanges().filter(({ isRead }) => isRead !== true);
    const differences = [
      ...compare(
        'outcome',
        wanted.outcome,
        namesOf(outcome).includes(wanted.outcome) ? wanted.outcome : shown(outcome),
      ),
      ...compare(
        'sent',
        wanted.sent,
        sent.map(({ received }) => received),
      ),
      ...compare('state_after', wanted.state_after, box.state()),
      ...(wanted.returns === undefined ? [] : compare('returns', wanted.returns, value)),
    ];
    return { ...head, differences, reason: reasonOf(outcome), stack };
  } finally {
    await box.close();
  }
}

/** A case names the outcome, or the code when an error of the box ends it. */
export function namesOf(outcome: Outcome): readonly string[] {
  return 'code' in outcome ? [outcome.type, outcome.code] : [outcome.type];
}

export function reasonOf(outcome: Outcome): string {
  return 'reason' in outcome ? outcome.reason : '';
}

function shown(outcome: Outcome): string {
  return 'code' in outcome ? `${outcome.type} (${outcome.code})` : outcome.type;
}

function compare(what: Difference['what'], wanted: unknown, got: unknown): readonly Difference[] {
  return isSame(wanted, got) ? [] : [{ what, wanted, got, diff: diff({ wanted, got }) }];
}
