// What the billing says of an account, as the store takes it: for tests that need an account to be known.
import type { Account } from '#core/model/account.ts';
import type { Change } from '#core/store/store.ts';

export function toldAccount(account: Account, { id = `know-${account['user_id']}` } = {}): Change {
  const userId = account['user_id'] ?? '';
  return {
    type: 'event',
    event: { id, hook: 'user_edit', account, occurredAt: '', source: 'billing' },
    jobs: [],
    account: { type: 'tell', userId, variables: account, settled: {}, at: 1 },
  };
}
