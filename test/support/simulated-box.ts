// A box in memory that keeps what hooks settled for each account, may be dead, loses answers and refuses; for tests of what drives it.
import type { Account } from '#core/model/account.ts';
import type { Outcome } from '#core/model/outcome.ts';
import { type State, settledBy } from '#core/model/state.ts';
import type { HookRun } from '#core/plugin-host/nas.ts';
import { catalogue } from './catalogue.ts';

const noAnswer: Outcome = { type: 'retry', reason: 'no answer', code: 'nas_timeout' };

export interface SimulatedBox {
  readonly run: (run: HookRun) => Promise<Outcome>;
  /** By `subjectOf`. */
  stateOf(subject: string): State;
  /** Every run that reached it, in order. */
  readonly runs: readonly HookRun[];
  /** Those of them that it refused. */
  readonly refused: readonly HookRun[];
  setAlive(alive: boolean): void;
  /** So many next runs take effect, and their answers are lost. */
  loseAnswers(count: number): void;
  /** So many next runs are refused, without effect. */
  refuse(count: number): void;
  /** Two runs of one account at once. */
  overlaps(): number;
}

/**
 * What an account's state is after one more hook. Removing it takes everything away; what is said of one session says nothing of the
 * others, and what names none is said of all.
 */
export function after(state: State, { hook, account }: Pick<HookRun, 'hook' | 'account'>): State {
  const settled = settledBy(catalogue.get(hook)?.settles ?? null, account);
  if (settled['exists'] === 'false') return settled;
  const { logged, ...rest } = settled;
  if (logged === undefined) return { ...state, ...rest };
  const session = account['acct_session_id'];
  if (session) return { ...state, [`logged:${session}`]: logged };
  return { ...Object.fromEntries(Object.entries(state).filter(([key]) => !key.startsWith('logged'))), logged };
}

/** As a box tells accounts apart. */
export const subjectOf = (account: Account): string => `${account['user_id']} ${account['ip']}`;

export function simulatedBox(): SimulatedBox {
  const states = new Map<string, State>();
  const runs: HookRun[] = [];
  const refused: HookRun[] = [];
  const inside = new Set<string>();
  let alive = true;
  let losing = 0;
  let refusing = 0;
  let overlaps = 0;
  return {
    runs,
    refused,
    stateOf: (subject) => states.get(subject) ?? {},
    setAlive(now) {
      alive = now;
    },
    loseAnswers(count) {
      losing += count;
    },
    refuse(count) {
      refusing += count;
    },
    overlaps: () => overlaps,
    async run(run) {
      const user = run.account['user_id'] ?? '';
      if (inside.has(user)) overlaps++;
      inside.add(user);
      runs.push(run);
      await new Promise((resolve) => setImmediate(resolve));
      inside.delete(user);
      if (!alive) return noAnswer;
      if (refusing > 0) {
        refusing--;
        refused.push(run);
        return { type: 'refused', reason: 'нет места', code: 'nas_refused' };
      }
      const subject = subjectOf(run.account);
      states.set(subject, after(states.get(subject) ?? {}, run));
      if (losing === 0) return { type: 'done' };
      losing--;
      return noAnswer;
    },
  };
}
