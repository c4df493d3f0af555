// What is on the box, in the same words as what should be: from the plugin's report, which is hostile until parsed here.
import { z } from 'zod';
import { isUnreachable } from '../errors.ts';
import type { Outcome } from '../model/outcome.ts';
import { type AccountRecord, differencesOf, ratesOf, rateText, type State, serviceOf } from '../model/state.ts';
import type { ActualView } from './accounts.ts';
import type { Looked } from './look.ts';

const flags = ['accept', 'redirect', 'own_disabled', 'logged'] as const;
const kilobits = z.number().int().min(0);

/** As the SDK's BoxUser, without the names; null: the box has nothing of this account. */
const userOnBox = z
  .object({
    accept: z.boolean().optional(),
    redirect: z.boolean().optional(),
    own_disabled: z.boolean().optional(),
    logged: z.boolean().optional(),
    rate: z.object({ rate_in: kilobits, rate_out: kilobits }).nullable().optional(),
    services: z.array(z.string().max(1_000)).max(10_000).optional(),
  })
  .nullable();

const infoReport = z.object({ user: userOnBox });
type UserOnBox = z.output<typeof userOnBox>;

export function actualOf(looked: Looked, record: AccountRecord, at: number): ActualView {
  if (looked.type === 'no profile') return { type: 'failed', reason: looked.reason };
  const { outcome, value } = looked.report;
  if (outcome.type === 'gone') return read({ exists: 'false' }, record, null, at);
  if (outcome.type !== 'done') return { type: kindOf(outcome), reason: outcome.reason };
  const parsed = infoReport.safeParse(value);
  const state = parsed.success ? stateOf(parsed.data.user, record.desired) : {};
  return read(state, record, value, at);
}

/** How a look at the box failed. */
export function kindOf(outcome: Outcome): 'unreachable' | 'unsupported' | 'failed' {
  if (outcome.type === 'unsupported') return 'unsupported';
  const silent = outcome.type === 'retry' && (isUnreachable(outcome.code) || outcome.code === 'deadline_exceeded');
  return silent ? 'unreachable' : 'failed';
}

function read(state: State, { desired }: AccountRecord, report: unknown, at: number): ActualView {
  // What the report leaves out, this box cannot tell.
  const differences = differencesOf(desired, state, (key) => state[key] === undefined);
  return { type: 'read', state, differences, report, at };
}

function stateOf(user: UserOnBox, desired: State): State {
  if (user === null) return { exists: 'false' };
  const state: Record<string, string> = { exists: 'true' };
  for (const flag of flags) if (user[flag] !== undefined) state[flag] = String(user[flag]);
  if (user.rate !== undefined) state['rate'] = user.rate === null ? 'none' : rateOf(user.rate, desired['rate']);
  if (user.services !== undefined) {
    for (const key of Object.keys(desired)) if (serviceOf(key) !== undefined) state[key] = 'off';
    for (const service of user.services) state[`service:${service}`] = 'on';
  }
  return state;
}

/** Boxes know two numbers; what was wanted beside them cannot be seen there and counts as it was wanted. */
function rateOf(found: { readonly rate_in: number; readonly rate_out: number }, wanted: string | undefined): string {
  const { rate_in, rate_out } = ratesOf(wanted);
  if (wanted !== undefined && Number(rate_in) === found.rate_in && Number(rate_out) === found.rate_out) return wanted;
  return rateText({ rate_in: String(found.rate_in), rate_out: String(found.rate_out) });
}
