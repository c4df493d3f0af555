// From what an account had and what it should have now to the hooks that make the difference, in their order: pure.
import { type Account, nasKeyOf, nasRefOf } from '../model/account.ts';
import { isCarried } from '../model/carried.ts';
import {
  type AccountRecord,
  changedKeyParameters,
  rateVariables,
  type State,
  serviceKey,
  serviceOf,
  variablesOf,
} from '../model/state.ts';
import type { Effects } from './effects.ts';
import { callWith, type HookCall, newBoxCalls } from './new-box.ts';

/** An account's whole state, parsed. */
export interface WantedState {
  /** All of them, without rates, and without those that belong to one event. */
  readonly variables: Account;
  /** What is told of the settle keys, without services; the others stay as they are. */
  readonly told: State;
  /** The ids of all that are on; absent: they stay as they are. */
  readonly services?: readonly string[];
}

export interface Derived {
  readonly calls: readonly HookCall[];
  /** What is stored in the place of `before`. */
  readonly record: AccountRecord;
}

interface Deriving {
  readonly before: AccountRecord | undefined;
  readonly wanted: WantedState;
  readonly effects: Effects;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Null: it is so already. */
export function derive({ before, wanted, effects, at }: Deriving): Derived | null {
  const old: State = before?.desired ?? {};
  const wasGone = old['exists'] === 'false';
  const exists = wanted.told['exists'] ?? (wasGone ? 'false' : 'true');
  const variables = stayingVariables(before?.variables ?? {}, wanted.variables);
  const isEdited = before === undefined || !sameTexts(before.variables, variables);
  const isRenamed = before !== undefined && isOtherForTheBox(before.variables, variables);
  const isFresh = exists === 'true' && (before === undefined || wasGone || isRenamed);
  const goes = exists === 'false' && before !== undefined && !wasGone;
  const desired = desiredOf({ old, wanted, exists, goes, isFresh });
  if (!isEdited && sameTexts(old, desired)) return null;

  const userId = variables['user_id'] ?? '';
  const record: AccountRecord = {
    userId,
    variables,
    nasKey: nasKeyOf(nasRefOf(variables)),
    desired,
    version: (before?.version ?? 0) + 1,
    goneAt: exists === 'true' ? 0 : before?.goneAt || at,
    updatedAt: at,
  };
  const calls: HookCall[] = [];
  const add = (account: Account, key: string, value: string) => calls.push(callWith({ key, value, account, effects }));
  if (goes || (isFresh && isRenamed && !wasGone)) {
    const account = variablesOf(before);
    if (goes) for (const key of servicesOn(old)) add(account, key, 'off');
    add(account, 'exists', 'false');
  }
  if (exists === 'false') return { calls, record };
  const account = variablesOf(record);
  if (isFresh || old['exists'] !== 'true') add(account, 'exists', 'true');
  else if (isEdited) calls.push({ hook: effects.edited.name, account });
  if (isFresh) {
    calls.push(...newBoxCalls(record, effects));
    if (desired['logged'] === 'true') add(account, 'logged', 'true');
  } else for (const key of changedKeys(old, desired)) add(account, key, desired[key] ?? '');
  return { calls, record };
}

interface Desiring {
  readonly old: State;
  readonly wanted: WantedState;
  readonly exists: string;
  readonly goes: boolean;
  readonly isFresh: boolean;
}

function desiredOf({ old, wanted, exists, goes, isFresh }: Desiring): State {
  const desired: Record<string, string> = { ...old };
  // Its services end with it; when it comes back, the billing says which are on.
  const services = wanted.services ?? (goes ? [] : undefined);
  if (services !== undefined) for (const key of servicesOn(old)) desired[key] = 'off';
  for (const id of services ?? []) desired[serviceKey(id)] = 'on';
  Object.assign(desired, wanted.told, { exists });
  // What a box knew of its login goes with it.
  const isLoggedOut = exists === 'false' || (isFresh && wanted.told['logged'] !== 'true');
  if (isLoggedOut && desired['logged'] === 'true') desired['logged'] = 'false';
  return desired;
}

/** The order in which changes reach the box: what restricts before what opens. */
const order: readonly string[] = [
  'rate',
  'accept: false',
  'redirect: true',
  'own_disabled: true',
  'logged: false',
  'service: off',
  'service: on',
  'own_disabled: false',
  'redirect: false',
  'accept: true',
  'logged: true',
];

function changedKeys(old: State, desired: State): readonly string[] {
  return inOrder(
    Object.keys(desired).filter((key) => key !== 'exists' && desired[key] !== old[key]),
    desired,
  );
}

/** As they are told to a box that is to have these values of them. */
export function inOrder(keys: readonly string[], desired: State): readonly string[] {
  const place = (key: string): number => {
    // The hook that adds an account comes first, whatever it is run for.
    if (isCarried(key)) return -1;
    if (key === 'rate') return 0;
    return order.indexOf(`${serviceOf(key) === undefined ? key : 'service'}: ${desired[key]}`);
  };
  return keys.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}

function servicesOn(state: State): readonly string[] {
  return Object.keys(state)
    .filter((key) => serviceOf(key) !== undefined && state[key] === 'on')
    .sort();
}

/** Rates are told on their own; those that only events brought stay until then. */
function stayingVariables(before: Account, wanted: Account): Account {
  const rates = rateVariables.filter((name) => before[name] !== undefined);
  if (rates.length === 0) return wanted;
  return { ...wanted, ...Object.fromEntries(rates.map((name) => [name, before[name] ?? ''])) };
}

/** `deleted` is what `exists` says. */
function isOtherForTheBox(before: Account, after: Account): boolean {
  return changedKeyParameters(before, after).some((name) => name !== 'deleted');
}

/** An empty text says the same as nothing. */
function sameTexts(a: Account | State, b: Account | State): boolean {
  for (const name of Object.keys(a)) if (a[name] !== (b[name] ?? '')) return false;
  for (const name of Object.keys(b)) if (b[name] !== (a[name] ?? '')) return false;
  return true;
}
