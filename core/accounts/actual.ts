// What is on the box, in the same words as what should be: from the plugin's report, which is hostile until parsed here.
import { z } from 'zod';
import { isFoundIn, wantedOf } from '../model/carried.ts';
import { isUnanswered, type Outcome } from '../model/outcome.ts';
import { type AccountRecord, differencesOf, type State, serviceOf } from '../model/state.ts';
import type { ActualView } from './accounts.ts';
import { stateOf } from './compare-account.ts';
import type { Looked } from './look.ts';

const kilobits = z.number().min(0);

/** As the SDK's BoxUser, without the names; null: the box has nothing of this account. */
const userOnBox = z
  .object({
    /** null: cannot be told; left out: it is there. */
    exists: z.boolean().nullable().exactOptional(),
    accept: z.boolean().exactOptional(),
    redirect: z.boolean().exactOptional(),
    own_disabled: z.boolean().exactOptional(),
    logged: z.boolean().exactOptional(),
    rate: z.object({ rate_in: kilobits, rate_out: kilobits }).nullable().exactOptional(),
    snatip: z.string().max(64).nullable().exactOptional(),
    services: z.array(z.string().max(1_000)).max(10_000).exactOptional(),
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
  const state = parsed.success ? seenIn(parsed.data.user, record.desired) : {};
  return read(state, record, value, at);
}

/** How a look at the box failed. */
export function kindOf(outcome: Outcome): 'unreachable' | 'unsupported' | 'failed' {
  if (outcome.type === 'unsupported') return 'unsupported';
  return isUnanswered(outcome) ? 'unreachable' : 'failed';
}

function read(state: State, record: AccountRecord, report: unknown, at: number): ActualView {
  // What the report leaves out, this box cannot tell.
  const differences = differencesOf(wantedOf(record, isFoundIn(state)), state, (key) => state[key] === undefined);
  return { type: 'read', state, differences, report, at };
}

function seenIn(user: UserOnBox, desired: State): State {
  if (user === null) return { exists: 'false' };
  const { exists: _there, ...state } = stateOf(user, desired);
  const { exists = true, services } = user;
  const own = exists === null ? {} : { exists: String(exists) };
  if (services === undefined) return { ...own, ...state };
  const off = Object.keys(desired).flatMap((key) => (serviceOf(key) === undefined ? [] : [[key, 'off']]));
  return { ...own, ...Object.fromEntries(off), ...state };
}
