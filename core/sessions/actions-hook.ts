// The account that a session's hook runs with: the billing's variables, and in them this very session on its own box.
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';

/** How the billing names a box: what a job is found by. */
export interface BoxMatch {
  readonly nas_ip: readonly string[];
  readonly nas_id: readonly string[];
}

const longestUserId = 64;

/** Undefined: the account is not known. */
export async function accountOf(
  session: Session,
  store: Pick<Store, 'account' | 'accountByLogin'>,
): Promise<Account | undefined> {
  const byId = session.userId === '' ? undefined : await store.account(session.userId);
  if (byId !== undefined || session.userName === '') return byId;
  return store.accountByLogin(session.userName);
}

interface HookAccount {
  readonly session: Session;
  readonly known: Account | undefined;
  readonly match: BoxMatch;
}

/** A session of nobody gets an account of its own, named by its login: its box knows it as well as any. */
export function hookAccount({ session, known, match }: HookAccount): Account {
  const { nas_ip: _ip, nas_id: _id, ...account } = known ?? { user_id: nameOf(session) };
  const login = session.userName || account['login'];
  const ip = session.framedIp || account['ip'];
  const mac = session.callingStationId || account['mac'];
  return {
    ...account,
    ...(login ? { login } : {}),
    ...(ip ? { ip } : {}),
    ...(mac ? { mac } : {}),
    acct_session_id: session.acctSessionId,
    ...boxOf(session, match),
  };
}

/** The box of the session, which is not always the one that the billing has the account on. */
function boxOf({ nasIp }: Session, { nas_ip, nas_id }: BoxMatch): Account {
  const address = nas_ip.includes(nasIp) ? nasIp : nas_ip[0];
  if (address !== undefined) return { nas_ip: address };
  return { nas_id: nas_id[0] ?? '' };
}

function nameOf({ userId, userName, callingStationId, acctSessionId }: Session): string {
  return (userId || userName || callingStationId || acctSessionId || 'unknown').slice(0, longestUserId);
}
