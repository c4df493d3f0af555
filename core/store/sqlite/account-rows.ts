// Accounts as rows: what an event makes of one, and what was made of it on a box.
import { type Account, nasKeyOf } from '../../model/account.ts';
import { canonicalAddress } from '../../model/fields.ts';
import type { AccountRecord, Applied, State } from '../../model/state.ts';
import type { AccountWrite, KnownAccount } from '../store.ts';
import type { Row } from './query.ts';
import type { Step } from './statements.ts';

/** The steps of the write; `more` follow it, and only when its guard holds. */
export function encodeAccount(write: AccountWrite, more: readonly Step[] = []): Step[] {
  const otherwise = { tell: { conflict: write.type === 'replace' ? write.record.userId : write.userId } };
  if (write.type === 'replace') return [{ ...encodeReplace(write), next: more, otherwise }];
  const { userId, variables, settled, ifVersion } = write;
  const isSilent = variables === null && Object.keys(settled).length === 0;
  if (ifVersion !== undefined) {
    const step = isSilent ? ({ run: 'guardAccount', values: [userId, ifVersion] } as const) : encodeTell(write);
    return [{ ...step, next: more, otherwise }];
  }
  if (isSilent) return [...more];
  return [encodeTell(write), ...more];
}

type Tell = Extract<AccountWrite, { type: 'tell' }>;
type Replace = Extract<AccountWrite, { type: 'replace' }>;

function encodeTell({ variablesIfNew, ...tell }: Tell): Step {
  const { userId, variables, settled, at, ifVersion } = tell;
  const told = [JSON.stringify(settled), at, settled['exists'] ?? null];
  if (variables === null) return { run: 'settleAccount', values: [userId, ifVersion ?? null, ...told] };
  const { login, ip, nas_ip, nas_id } = variables;
  const key = nas_ip ? nasKeyOf({ nas_ip }) : null;
  const found = [login ?? null, ip === undefined ? null : addressOf(ip), nas_ip ?? null, key, nas_id ?? null];
  // Without the address of the box its id may change the key, which the row alone can say.
  const isKeyKnown = key !== null || (nas_ip ?? nas_id) === undefined;
  const values = [userId, JSON.stringify(variables), ...told, ...found, ifVersion ?? null];
  if (variablesIfNew !== undefined)
    return {
      run: ['mergeSame', 'merge'],
      values,
      otherwise: { steps: [encodeTell({ ...tell, variables: variablesIfNew })] },
    };
  return { run: isKeyKnown ? ['mergeSame', 'merge', 'firstTold'] : ['merge', 'firstTold'], values };
}

function encodeReplace({ record, ifVersion }: Replace): Step {
  const { userId, variables, desired, goneAt, updatedAt } = record;
  const { login = '', nas_ip = '', ip = '' } = variables;
  const texts = [JSON.stringify(variables), JSON.stringify(desired)];
  const values = [userId, login, nas_ip, addressOf(ip), keyOf(variables), ...texts, goneAt, updatedAt];
  if (ifVersion === 0) return { run: 'insertAccount', values };
  return { run: 'replaceAccount', values: [...values, ifVersion] };
}

/** As it is found by: the billing may spell an IPv6 address in any way, accounting and operators in another. */
export function addressOf(ip: string): string {
  return canonicalAddress(ip) ?? ip;
}

export function keyOf({ nas_ip, nas_id }: Account): string {
  return nasKeyOf({ ...(nas_ip && { nas_ip }), ...(nas_id && { nas_id }) });
}

/** A mark with a value takes the place of the one there; one without only adds how the last job failed. */
export function marksText(marks: Applied): string {
  const patch = Object.entries(marks).map(([key, mark]) => [
    key,
    mark.value === undefined ? mark : { job: null, at: null, failed: null, ...mark },
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
