// The listener, the session stage and a store in a directory, as the daemon puts them together; who is told is written down.
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import { type AccountingListener, startAccountingListener } from '#core/ingest/accounting-listener.ts';
import type { SessionChange } from '#core/ingest/ingest.ts';
import type { Account } from '#core/model/account.ts';
import { createSessions } from '#core/sessions/sessions.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { toldAccount } from './told-account.ts';

export interface AccountingStageOptions {
  readonly directory: string;
  readonly port?: number;
  readonly secret?: string;
  readonly requireMessageAuthenticator?: 'if-present' | 'always';
  /** What the billing has told of before. */
  readonly accounts?: readonly Account[];
  onRecord?(record: AccountingRecord): void;
  onTold?(change: SessionChange): void;
}

export interface AccountingStage {
  readonly listener: AccountingListener;
  readonly store: Store;
  readonly records: readonly AccountingRecord[];
  readonly told: readonly SessionChange[];
  close(): Promise<void>;
}

export async function startAccountingStage(options: AccountingStageOptions): Promise<AccountingStage> {
  const { directory, port = 0, secret = 'testing123', accounts = [] } = options;
  const store = await openStore({ directory });
  for (const account of accounts) await store.write([toldAccount(account)]);
  const records: AccountingRecord[] = [];
  const told: SessionChange[] = [];
  const sessions = await createSessions({
    store,
    ingest: {
      async submitSession(change) {
        told.push(change);
        options.onTold?.(change);
        return { type: 'accepted', event: change.id, jobs: [], duplicate: false };
      },
    },
    directory: { firing: () => ({ onStart: true, onStop: true }), nasOf: () => 'nas' },
    log: { warn: () => {} },
  });
  const client = {
    nas: 'nas',
    secret: Buffer.from(secret),
    requireMessageAuthenticator: options.requireMessageAuthenticator ?? 'if-present',
  } as const;
  const listener = await startAccountingListener({
    host: '127.0.0.1',
    port,
    clients: () => client,
    async sink(record) {
      await sessions.sink(record);
      records.push(record);
      options.onRecord?.(record);
    },
    log: { warn: () => {} },
  });
  return {
    listener,
    store,
    records,
    told,
    async close() {
      await listener.close();
      await store.close();
    },
  };
}
