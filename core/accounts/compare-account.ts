// One account against what its box listed of it: what differs, of what was asked for and of what this box can tell. Pure.
import { isOfKind } from '../model/account-kind.ts';
import { carriedText, isCarried, wantedOf } from '../model/carried.ts';
import type { ResyncTopic } from '../model/resync.ts';
import { type Difference, differencesOf, ratesOf, rateText, type State, serviceOf } from '../model/state.ts';
import { accountOnBox } from '../plugin-host/account-on-box.ts';
import type { BoxState, BoxUser, KindOnBox } from '../plugin-sdk/index.ts';
import type { KnownAccount } from '../store/store.ts';
import type { Told } from './compare-listed.ts';

export interface Comparison {
  readonly account: Pick<KnownAccount, 'variables' | 'desired' | 'applied'>;
  /** Its rows on the list; more than one when the box has it twice. */
  readonly users: readonly BoxUser[];
  readonly kinds: readonly KindOnBox[];
  readonly only: ReadonlySet<ResyncTopic>;
  /** Whether one who is logged in and should not be is a difference. */
  readonly endsLogins: boolean;
  /** Whether the box says this of any account. */
  tells(what: Told): boolean;
  /** When the list was begun: what was made after that is not on it. */
  readonly since: number;
}

export type Compared =
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'same' | 'add' | 'change';
      readonly differences: readonly Difference[];
      /** What the box has as it should be, though that is not what was last made of it as far as is known. */
      readonly confirmed: readonly string[];
    };

const same: Compared = { kind: 'same', differences: [], confirmed: [] };

/** Of an account that should not be gone. */
export function compareAccount(comparison: Comparison): Compared {
  const { account, users, kinds, only } = comparison;
  const { variables } = account;
  const asked = users.length === 0 ? [undefined] : users;
  const found = asked.map((user) => accountOnBox({ account: variables, user, kinds })).filter((one) => one !== null);
  if (found.length === 0) return { kind: 'unknown' };
  const desired = wantedOf(
    account,
    (name) => (account.applied[name]?.value ?? 'none') !== 'none' || found.some(({ has }) => Boolean(has[name])),
  );
  // Adding it would log it in, which it should not be: all that needs no adding is compared.
  const staysOut = desired['logged'] === 'false' && ruleFor(comparison)?.addLogsIn === true;
  const present = found.filter(({ exists, has }) => exists || (staysOut && Object.keys(has).length > 0));
  const fresh = (key: string): boolean => {
    const mark = account.applied[key];
    return mark?.value === desired[key] && (mark?.at ?? 0) >= comparison.since;
  };
  const isLogin = (key: string): boolean => key === 'logged' && desired[key] === 'false' && !comparison.endsLogins;
  const skipped = (key: string): boolean =>
    !only.has(topicOf(key)) || fresh(key) || isLogin(key) || (staysOut && isCarried(key));
  if (present.length > 0) {
    const all = present.flatMap(({ has }) =>
      differencesOf(desired, stateOf(has, desired), (key) => skipped(key) || !isTold(key, has)),
    );
    const differences = all.filter(({ key }, index) => all.findIndex((one) => one.key === key) === index);
    const confirmed = Object.keys(desired).filter(
      (key) =>
        account.applied[key]?.value !== desired[key] &&
        !skipped(key) &&
        present.every(({ has }) => isTold(key, has)) &&
        !differences.some((one) => one.key === key),
    );
    return { kind: differences.length > 0 ? 'change' : 'same', differences, confirmed };
  }
  if (desired['exists'] === 'true' && !staysOut) {
    if (!only.has('access') || fresh('exists')) return same;
    // Where logins are sessions they come back by themselves; where the box keeps a mark of them, it has lost that too.
    const blind = (key: string): boolean => key === 'logged' && !comparison.tells('logged');
    return { kind: 'add', differences: differencesOf(desired, {}, blind), confirmed: [] };
  }
  // Nobody said that it exists, or it must not be added: only what else was said of it is told again.
  const differences = differencesOf(
    desired,
    {},
    (key) => skipped(key) || key === 'exists' || key === 'logged' || !comparison.tells(toldBy(key)),
  );
  return differences.length === 0 ? same : { kind: 'change', differences, confirmed: [] };
}

function ruleFor({ account, kinds }: Comparison): KindOnBox | undefined {
  return kinds.find(({ kind }) => isOfKind(account.variables, kind));
}

export function topicOf(key: string): ResyncTopic {
  if (key === 'rate' || key === 'logged') return key;
  if (isCarried(key)) return 'nat';
  return serviceOf(key) === undefined ? 'access' : 'services';
}

function toldBy(key: string): Told {
  return serviceOf(key) === undefined ? (key as Told) : 'services';
}

function isTold(key: string, has: BoxState): boolean {
  return key === 'exists' || has[toldBy(key)] !== undefined;
}

/** What the box has, in the words of what is desired: the same text for the same thing. */
export function stateOf(has: BoxState, desired: State): State {
  const state: Record<string, string> = { exists: 'true' };
  for (const flag of ['accept', 'redirect', 'own_disabled', 'logged'] as const)
    if (has[flag] !== undefined) state[flag] = String(has[flag]);
  if (has.rate !== undefined) state['rate'] = rateOf(has.rate, desired['rate']);
  if (has.snatip !== undefined) state['snatip'] = carriedText(has.snatip);
  for (const id of has.services ?? []) state[`service:${id}`] = 'on';
  return state;
}

/** A box has no bursts to compare, and no limit where the rate is 0. */
function rateOf(has: NonNullable<BoxState['rate']> | null, desired: string | undefined): string {
  const { rate_in, rate_out } = ratesOf(desired);
  const differs = (text: string | undefined, found: number): boolean => text !== undefined && Number(text) !== found;
  const isSame = !differs(rate_in, has?.rate_in ?? 0) && !differs(rate_out, has?.rate_out ?? 0);
  if (desired === 'none') return has === null ? 'none' : textOf(has);
  return isSame && desired !== undefined ? desired : has === null ? 'none' : textOf(has);
}

function textOf({ rate_in, rate_out }: NonNullable<BoxState['rate']>): string {
  return rateText({ rate_in: String(rate_in), rate_out: String(rate_out) });
}
