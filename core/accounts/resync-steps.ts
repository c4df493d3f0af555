// From one item of a plan to the hooks that put it right, by what the account should have now: pure.
import { inOrder } from '../map/derive.ts';
import type { Effects } from '../map/effects.ts';
import { callFor, type HookCall, newBoxCalls } from '../map/new-box.ts';
import type { Account, NasRef } from '../model/account.ts';
import { wantedOf } from '../model/carried.ts';
import type { ResyncItem } from '../model/resync.ts';
import type { AccountRecord } from '../model/state.ts';

interface Putting {
  readonly item: ResyncItem;
  /** As it is now. */
  readonly record: AccountRecord | undefined;
  /** The keys of the box, and its words in the billing; at least one. */
  readonly keys: readonly string[];
  readonly refs: readonly NasRef[];
  readonly effects: Effects;
}

/**
 * Empty: overtaken, the account has changed since. What it should have on this box is told as it is now, so that a plan may grow
 * old; a value that was told anew since has a job of its own.
 */
export function stepsOf({ item, record, keys, refs, effects }: Putting): readonly HookCall[] {
  if (item.kind === 'remove') {
    if ((record?.version ?? 0) !== item.version) return [];
    const variables = namesOnBox({ item, record, keys, refs });
    return [callFor({ key: 'exists', value: 'false', known: { variables, desired: {} }, effects })];
  }
  if (record === undefined || record.desired['exists'] === 'false' || !keys.includes(record.nasKey)) return [];
  const tell = (key: string) => callFor({ key, value: record.desired[key] ?? '', known: record, effects });
  if (item.kind === 'add') {
    if (record.desired['exists'] !== 'true') return [];
    const login = item.differences.some(({ key }) => key === 'logged') && record.desired['logged'] === 'true';
    return [tell('exists'), ...newBoxCalls(record, effects), ...(login ? [tell('logged')] : [])];
  }
  const wanted = wantedOf(record, (name) => item.differences.some(({ key }) => key === name));
  const changed = item.differences.filter(({ key, desired }) => wanted[key] === desired);
  return inOrder(
    changed.map(({ key }) => key),
    wanted,
  ).map(tell);
}

/** The variables of the account, with what this box calls it and this box's own address. */
function namesOnBox({ item, record, keys, refs }: Omit<Putting, 'effects'>): Account {
  const { user_id: _, ...names } = item.identity;
  const told = Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ''));
  const known = { ...record?.variables, user_id: item.userId, ...told };
  if (record !== undefined && keys.includes(record.nasKey)) return known;
  const { nas_ip: _ip, nas_id: _id, ...rest } = known as Account;
  return { ...rest, ...refs[0] };
}
