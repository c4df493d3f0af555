// Which account is meant by a user_id, a login or an address.
import { OssiaError } from '../errors.ts';
import type { AccountRecord } from '../model/state.ts';
import type { Store } from '../store/store.ts';
import type { AccountName } from './accounts.ts';

/** Who shares a name with more than these is told about these. */
const mostNamesakes = 20;

export async function findAccount(
  { user_id, login, ip }: AccountName,
  store: Pick<Store, 'record' | 'recordPage'>,
): Promise<AccountRecord> {
  if (user_id !== undefined) return one([await store.record(user_id)], `user_id "${user_id}"`);
  if (login !== undefined) return one(await store.recordPage({ login, limit: mostNamesakes }), `login "${login}"`);
  return one(await store.recordPage({ ip: ip ?? '', limit: mostNamesakes }), `address "${ip ?? ''}"`);
}

/** An account in the bin leaves its login and address to others: it is meant only when nobody else is. */
function one(found: readonly (AccountRecord | undefined)[], name: string): AccountRecord {
  const all = found.filter((record) => record !== undefined);
  const there = all.filter(({ goneAt }) => goneAt === 0);
  const [first, ...others] = there.length > 0 ? there : all.sort((a, b) => b.goneAt - a.goneAt).slice(0, 1);
  if (first === undefined) throw new OssiaError('not_found', `There is no account with ${name}.`);
  if (others.length === 0) return first;
  const ids = [first, ...others].map(({ userId }) => userId);
  throw new OssiaError('conflict', `Several accounts have the ${name}: ${ids.join(', ')}. Name one by its user_id.`, {
    details: { user_ids: ids.join(',') },
  });
}
