// Live sessions follow what the billing says anew of their account: its plan, and the variables that sessions are found by.
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import { createTurns } from '../model/turns.ts';
import type { Store } from '../store/store.ts';
import type { SessionAccounts, SessionsLog } from './accounts.ts';
import type { Entry, SessionTable } from './table.ts';

export interface FollowOptions {
  readonly table: Pick<SessionTable, 'liveBy'>;
  readonly store: Pick<Store, 'account'>;
  readonly accounts: Pick<SessionAccounts, 'bind'>;
  /** Resolves when it is on disk. */
  readonly keep: (entry: Entry, session: Session) => Promise<void>;
  readonly log: SessionsLog;
}

/** Never rejects: the account is safe, and its next event tries again. */
export function createFollowing({ table, store, accounts, keep, log }: FollowOptions) {
  const turns = createTurns();

  /** Also those that began before anybody knew whose they are. */
  function liveOf({ user_id = '', login = '' }: Account): readonly Entry[] {
    const unclaimed = table.liveBy('login', login).filter(({ session }) => session.userId === '');
    return [...table.liveBy('user_id', user_id), ...unclaimed];
  }

  const isNews = (account: Account): boolean =>
    liveOf(account).some(({ session }) => accounts.bind(session, account) !== session);

  async function follow(told: Account): Promise<void> {
    // Most events repeat what is known, and cost a look.
    if (!isNews(told)) return;
    // Events can overtake each other on their way here, not in the store.
    const account = await store.account(told['user_id'] ?? '');
    if (account === undefined) return;
    const changed = liveOf(account).flatMap((entry) => {
      const bound = accounts.bind(entry.session, account);
      return bound === entry.session ? [] : [keep(entry, bound)];
    });
    await Promise.all(changed);
  }

  /** One at a time: what an earlier one has not yet done must not make a later one look like no news. */
  const inTurn = (told: Account): Promise<void> => turns.take(told['user_id'] ?? '', () => follow(told));

  return async (told: readonly Account[]): Promise<void> => {
    const settled = await Promise.allSettled(told.map(inTurn));
    for (const result of settled)
      if (result.status === 'rejected')
        log.warn({ err: result.reason }, 'a session does not show yet what the billing says of its account');
  };
}
