// What was last made of an account against what it should have: what differs, and what the plugin of its box has no hook for.
import { isCarried, isFoundIn, wantedOf } from '../model/carried.ts';
import { type Applied, bySupport, differencesOf, type State } from '../model/state.ts';
import type { KnownAccount } from '../store/store.ts';

export function madeOf(account: Pick<KnownAccount, 'variables' | 'desired' | 'applied'>) {
  const made = valuesOf(account.applied);
  const wanted = wantedOf(account, isFoundIn(made));
  // What came with the addition of an account is marked with it: where it is not, it was added before anybody kept that.
  const unmarked = (key: string): boolean => isCarried(key) && made[key] === undefined;
  return { wanted, ...bySupport(differencesOf(wanted, made, unmarked), account.applied) };
}

export function valuesOf(marks: Applied): State {
  const values: Record<string, string> = {};
  for (const key in marks) {
    const value = marks[key]?.value;
    if (value !== undefined) values[key] = value;
  }
  return values;
}
