// Tells the billing side of accounts whose sessions come and go: one event per change, the same one when it is told again.
import { hash } from 'node:crypto';
import type { Ingest } from '../ingest/ingest.ts';
import type { Account } from '../model/account.ts';
import type { Session } from '../model/session.ts';
import { shared } from '../model/session-body.ts';
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
  /** Milliseconds without an update after which sessions of this NAS are given up, when its profile says so; 0 = never. */
  sessionTtl?(nas: string): number | undefined;
}

export interface SessionsLog {
  warn(fields: object, message: string): void;
}

export interface AccountsOptions {
  readonly store: Pick<Store, 'account' | 'accountByLogin' | 'accountsByAddress'>;
  readonly ingest: Pick<Ingest, 'submitSession'>;
  readonly directory: SessionDirectory;
  readonly log: SessionsLog;
  readonly planVariable: string;
  /** Variables that the site wants its sessions to be found by. */
  readonly variables: readonly string[];
  /** Fields that may be changed by hand: what stands in them then is not the billing's to change. */
  readonly alterable: readonly string[];
}

export interface SessionAccounts {
  find(session: Session): Promise<Account | undefined>;
  /** With what the account says of it: whose it is, what is sold. The same session when that is known already. */
  bind(session: Session, account: Account): Session;
  /** Resolves when the event is on disk, now or before. A refusal is logged: told again, it would be refused again. */
  tell(account: Account, session: Session, owed: Owed): Promise<void>;
}

export function createSessionAccounts({ store, ingest, directory, log, ...options }: AccountsOptions): SessionAccounts {
  function isToSet(name: string, { fields }: Session, account: Account): boolean {
    const value = account[name];
    if (value === undefined || value === '' || value === fields[name]) return false;
    return fields[name] === undefined || !options.alterable.includes(name);
  }

  return {
    async find(session) {
      if (session.userId !== '') return store.account(session.userId);
      const byLogin = session.userName === '' ? undefined : await store.accountByLogin(session.userName);
      if (byLogin !== undefined || session.framedIp === '') return byLogin;
      // Private addresses stand at several boxes.
      const byAddress = await store.accountsByAddress(session.framedIp);
      return byAddress.find((account) => directory.nasOf(account) === session.nas);
    },
    bind(session, account) {
      const userId = session.userId || (account['user_id'] ?? '');
      const told = shared(account[options.planVariable] ?? '');
      // What somebody altered stays until the billing says something else than before.
      const isNews = told !== '' && told !== (session.planTold ?? '');
      const added = options.variables.filter((name) => isToSet(name, session, account));
      if (userId === session.userId && !isNews && added.length === 0) return session;
      const values = Object.fromEntries(added.map((name) => [name, account[name] ?? '']));
      const fields = added.length === 0 ? session.fields : { ...session.fields, ...values };
      const plan = isNews ? told : session.plan;
      return { ...session, userId, plan, planTold: isNews ? told : (session.planTold ?? ''), fields };
    },
    async tell(account, session, { hook, at, again }) {
      const receipt = await ingest.submitSession({
        id: `accounting-${hash('sha256', session.key).slice(0, 32)}-${hook}${again ? `-${again}` : ''}`,
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
