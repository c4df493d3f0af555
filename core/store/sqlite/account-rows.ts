// Accounts as rows: what an event makes of one, and what was made of it on a box.
import { type Account, nasKeyOf } from '../../model/account.ts';
import type { AccountRecord, Applied, State } from '../../model/state.ts';
import type { AccountWrite, KnownAccount } from '../store.ts';
import type { Row } from './query.ts';
import type { Step, Value } from './statements.ts';

/** Steps that run one after the other. A guarded one has `otherwise`: what must not happen then goes into its `next`. */
export function encodeAccount(write: AccountWrite, more: readonly Step[] = []): Step[] {
  if (write.type === 'replace') return [encodeReplace(write, more)];
  const { userId, ifVersion } = write;
  if (ifVersion === undefined) return [...encodeTell(write), ...more];
  const otherwise = { tell: { conflict: userId } };
  if (ifVersion === 0 && write.variables !== null) return [{ ...insert(write), next: more, otherwise }];
  const guarded = write.variables === null ? settle(write) : merge(write);
  return [{ ...guarded, next: more, otherwise }];
}

type Tell = Extract<AccountWrite, { type: 'tell' }>;
type Replace = Extract<AccountWrite, { type: 'replace' }>;

function encodeTell(write: Tell): Step[] {
  const { variables, settled } = write;
  if (variables === null) return Object.keys(settled).length === 0 ? [] : [settle(write)];
  const whole: Step = { ...merge(write), otherwise: { steps: [insert(write)] } };
  // Without the address of the box its id may change the key, which the row alone can say.
  if (!variables['nas_ip'] && (variables['nas_ip'] ?? variables['nas_id']) !== undefined) return [whole];
  return [{ run: 'mergeSame', values: merge(write).values.slice(0, 9), otherwise: { steps: [whole] } }];
}

function merge({ userId, variables, settled, at, ifVersion }: Tell): Step {
  const { login, ip, nas_ip, nas_id } = variables ?? {};
  const key = nas_ip ? nasKeyOf({ nas_ip }) : null;
  const found = [login ?? null, ip ?? null, nas_ip ?? null, key, nas_id ?? null];
  const told = [JSON.stringify(variables), JSON.stringify(settled), at, settled['exists'] ?? null];
  return { run: 'merge', values: [userId, ...told, ...found, ifVersion ?? null] };
}

function settle({ userId, settled, at, ifVersion }: Tell): Step {
  const values = [userId, null, JSON.stringify(settled), at, settled['exists'] ?? null, ifVersion ?? null];
  return { run: 'settleAccount', values };
}

function insert({ userId, variables, settled, at }: Tell): Step {
  const goneAt = settled['exists'] === 'false' ? at : 0;
  return {
    run: 'insertAccount',
    values: columnsOf({ userId, variables: variables ?? {}, desired: settled, goneAt, at }),
  };
}

function encodeReplace({ record, ifVersion }: Replace, next: readonly Step[]): Step {
  const { userId, variables, desired, goneAt, updatedAt: at } = record;
  const values = columnsOf({ userId, variables, desired, goneAt, at });
  const otherwise = { tell: { conflict: userId } };
  if (ifVersion === 0) return { run: 'insertAccount', values, next, otherwise };
  return { run: 'replaceAccount', values: [...values, ifVersion], next, otherwise };
}

interface Columns extends Pick<AccountRecord, 'userId' | 'variables' | 'desired' | 'goneAt'> {
  readonly at: number;
}

function columnsOf({ userId, variables, desired, goneAt, at }: Columns): Value[] {
  const { login = '', nas_ip = '', ip = '' } = variables;
  return [userId, login, nas_ip, ip, keyOf(variables), JSON.stringify(variables), JSON.stringify(desired), goneAt, at];
}

export function keyOf({ nas_ip, nas_id }: Account): string {
  return nasKeyOf({ ...(nas_ip && { nas_ip }), ...(nas_id && { nas_id }) });
}

/** A mark with a value takes the place of the one there; one without only adds how the last job failed. */
export function marksText(marks: Applied): string {
  const patch = Object.entries(marks).map(([key, mark]) => [
    key,
    mark.value === undefined ? mark : { ...mark, failed: mark.failed ?? null },
  ]);
  return JSON.stringify(Object.fromEntries(patch));
}

export function recordOf(row: Row): AccountRecord {
  return {
    userId: String(row['user_id']),
    variables: JSON.parse(String(row['variables'])) as Account,
    nasKey: String(row['nas_key']),
    desired: JSON.parse(String(row['desired'])) as State,
    version: Number(row['version']),
    goneAt: Number(row['gone_at']),
    updatedAt: Number(row['updated_at']),
  };
}

export function knownOf(row: Row): KnownAccount {
  return { ...recordOf(row), applied: marksOf(row) };
}

export function marksOf(row: Row): Applied {
  return JSON.parse(String(row['marks'] ?? '{}')) as Applied;
}
