// What a box's list says about one account: what its row says, or what not being listed means for an account of its kind.
import type { Account } from '../model/account.ts';
import { isOfKind } from '../model/account-kind.ts';
import type { BoxState, BoxUser, KindOnBox } from '../plugin-sdk/index.ts';

export interface AccountOnBox {
  readonly exists: boolean;
  readonly has: BoxState;
}

interface Question {
  readonly account: Account;
  /** The row that was matched with the account, if any was. */
  readonly user: BoxUser | undefined;
  readonly kinds: readonly KindOnBox[];
}

/** Null: the box cannot tell. */
export function accountOnBox({ account, user, kinds }: Question): AccountOnBox | null {
  const rule = kinds.find(({ kind }) => isOfKind(account, kind));
  const isMeant = user !== undefined && (user.of === undefined || isOfKind(account, user.of));
  const { unlisted = 'nothing', addLogsIn = false } = rule ?? {};
  if (!isMeant && unlisted === 'unknown') return null;
  if (!isMeant && unlisted === 'nothing') return { exists: false, has: {} };
  const has: BoxState = isMeant ? user : (unlisted as BoxState);
  return { exists: !addLogsIn || has.logged === true, has };
}
