// Tells the billing side of accounts whose sessions come and go: one event per change, the same one when it is told again.
import { hash } from 'node:crypto';
import type { Ingest } from '../ingest/ingest.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';
import type { Owed } from './table.ts';

/** What the profile in force says of its NAS. */
export interface Firing {
  readonly onStart: boolean;
  readonly onStop: boolean;
}

export interface SessionDirectory {
  firing(nas: string): Firing;
  /** The profile that this account's hooks run on, if there is one. */
  nasOf(account: Account): string | undefined;
}

export interface SessionsLog {
  warn(fields: object, message: string): void;
}

export interface AccountsOptions {
  readonly store: Pick<Store, 'account' | 'accountByLogin' | 'accountsByAddress'>;
  readonly ingest: Pick<Ingest, 'submitSession'>;
  readonly directory: SessionDirectory;
  readonly log: SessionsLog;
}

export interface SessionAccounts {
  find(session: Session): Promise<Account | undefined>;
  /** Resolves when the event is on disk, now or before. A refusal is logged: told again, it would be refused again. */
  tell(account: Account, session: Session, owed: Owed): Promise<void>;
}

export function createSessionAccounts({ store, ingest, directory, log }: AccountsOptions): SessionAccounts {
  return {
    async find(session) {
      if (session.userId !== '') return store.account(session.userId);
      const byLogin = session.userName === '' ? undefined : await store.accountByLogin(session.userName);
      if (byLogin !== undefined || session.framedIp === '') return byLogin;
      // Private addresses stand at several boxes.
      const byAddress = await store.accountsByAddress(session.framedIp);
      return byAddress.find((account) => directory.nasOf(account) === session.nas);
    },
    async tell(account, session, { hook, at }) {
      const receipt = await ingest.submitSession({
        id: `accounting-${hash('sha256', session.key).slice(0, 32)}-${hook}`,
        hook,
        account: { ...account, acct_session_id: session.acctSessionId },
        occurredAt: new Date(at).toISOString(),
      });
      if (receipt.type === 'rejected') {
        const { user_id } = account;
        log.warn({ hook, user_id, nas: session.nas, fields: receipt.fields }, 'session event refused');
      }
    },
  };
}
