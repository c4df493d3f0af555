// Restricting and freeing an account on a box with one page or profile for all reasons: the first that holds is shown, the last to go frees.
import type { KvDevice } from './device.ts';
import { dropRestriction, keepRestriction, type Restriction, restrictionsOf } from './reasons.ts';
import { gone, refuse, Verdict } from './verdict.ts';

/** Whose, where what holds is kept, and how the box is told. */
export interface Restricting {
  /** The hook's `input`. */
  readonly input: {
    readonly account: Readonly<Record<string, string>>;
    readonly dryRun: boolean;
    log(line: string): void;
  };
  /** `device.kv`, asked for as `"kv": ["list reasons/*", "set reasons/*", "delete reasons/*"]`. */
  readonly kv: Pick<KvDevice, 'list' | 'set' | 'delete'>;
  /** Makes the box show this state; throws `gone` when there is no session to be told. `held` is what held before. */
  become(state: Restriction | 'free', held: readonly Restriction[]): Promise<unknown>;
}

/** One more reason holds. */
export async function restrict({ input, kv, become }: Restricting, reason: Restriction): Promise<void> {
  const key = restrictionKey(input);
  const held = await restrictionsOf(kv, key);
  if (!(await keepRestriction(kv, key, reason)))
    input.log('There is no room to keep why it is restricted: the next hook that lifts any reason will lift this one.');
  const [first = reason] = await restrictionsOf(kv, key);
  // In a dry run nothing was kept.
  await become(input.dryRun && held.length === 0 ? reason : first, held);
}

/**
 * One reason less. `freesUnknown`: also whom nothing is known to hold is told to be free, for a box that can be told so without ending
 * his session. Billings send `user_accept` after each login: else whom RADIUS let in would be sent away.
 */
export async function lift(
  { input, kv, become }: Restricting,
  reason: Restriction,
  { freesUnknown }: { readonly freesUnknown: boolean },
): Promise<void> {
  const key = restrictionKey(input);
  const held = await restrictionsOf(kv, key);
  const left = held.filter((one) => one !== reason);
  const [first] = left;
  if (first === undefined && !held.includes(reason) && !freesUnknown)
    throw gone('It is not restricted as far as is known: its session goes on as RADIUS made it.');
  const verdict = first === held[0] && first !== undefined ? undefined : await goneOf(become(first ?? 'free', held));
  // Only now: until the box took it, the next attempt has to do the same.
  await dropRestriction(kv, key, reason);
  if (first !== undefined) throw gone(`It stays restricted: ${left.join(', ')}.`);
  if (verdict !== undefined) throw verdict;
}

/** By what restrictions are kept: the billing's `user_id`. */
export function restrictionKey({ account }: Pick<Restricting['input'], 'account'>): string {
  const key = account['user_id'] ?? '';
  if (key === '' || key.length > 64 || /\p{Cc}/u.test(key)) throw refuse('The user_id is none to keep anything by.');
  return key;
}

/** The `gone` that it ended with, or undefined: whoever is offline is told by RADIUS, and what was kept of him is dropped all the same. */
export async function goneOf(telling: Promise<unknown>): Promise<Verdict | undefined> {
  try {
    await telling;
    return undefined;
  } catch (error) {
    if (error instanceof Verdict && error.verdict === 'gone') return error;
    throw error;
  }
}
