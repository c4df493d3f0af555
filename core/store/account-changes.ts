// Who wants to know of accounts that the billing has told anew hears of it once that is on disk, and before the billing has its answer.
import type { Account } from '../model/account.ts';
import type { Change, Store } from './store.ts';

export interface WatchedAccounts {
  readonly store: Store;
  /** Called with what was told, which need not be the newest word: that is in the store. Must not reject. */
  onTold(listener: (accounts: readonly Account[]) => Promise<void>): void;
}

export function watchAccounts(store: Store): WatchedAccounts {
  let tell: (accounts: readonly Account[]) => Promise<void> = async () => {};
  return {
    store: {
      ...store,
      async write(changes) {
        // A batch is either of sessions or of the rest, and most are of sessions.
        if (changes[0]?.type === 'session') return store.write(changes);
        const result = await store.write(changes);
        const told = changes.flatMap(accountOf);
        if (told.length > 0) await tell(told);
        return result;
      },
    },
    onTold(listener) {
      tell = listener;
    },
  };
}

function accountOf(change: Change): readonly Account[] {
  const write = change.type === 'event' || change.type === 'account' ? change.account : undefined;
  if (write === undefined) return [];
  const { userId, variables } = write.type === 'tell' ? write : write.record;
  // Accounting says nothing new of it.
  return variables === null ? [] : [{ ...variables, user_id: userId }];
}
