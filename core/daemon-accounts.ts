// The accounts' part of the composition: what each should have, taken in, compared with the boxes and put right there.
import type { Accounts } from './accounts/accounts.ts';
import { createAccounts } from './accounts/open-accounts.ts';
import type { Drift, Resyncs } from './accounts/resyncs.ts';
import { OssiaError } from './errors.ts';
import type { Log } from './log.ts';
import type { Catalogue } from './map/catalogue.ts';
import type { Registry } from './plugin-host/registry.ts';
import type { Queue } from './queue/queue.ts';
import type { Store } from './store/store.ts';
import type { allTransports } from './transport/all.ts';

interface AccountsBuilding {
  readonly log: Log;
  readonly releasers: (() => Promise<void> | void)[];
  readonly store: Store;
  readonly queue: Queue;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly transports: ReturnType<typeof allTransports>;
}

interface BuiltAccounts {
  readonly accounts: Accounts;
  readonly resyncs: Resyncs;
  readonly drift: Drift;
}

export async function buildAccounts({
  store,
  registry,
  catalogue,
  transports,
}: AccountsBuilding): Promise<BuiltAccounts> {
  const refuse = (): Promise<never> => Promise.reject(new OssiaError('conflict', 'This daemon cannot do that.'));
  const taking = { put: refuse, load: refuse };
  const accounts = createAccounts({
    store,
    directory: registry,
    catalogue,
    taking,
    unknownIn: (transport) => transports[transport]?.unknownInDryRun,
    clock: Date.now,
  });
  const resyncs: Resyncs = {
    start: refuse,
    planned: refuse,
    get: async () => undefined,
    list: async () => [],
    items: async () => [],
    approve: refuse,
    cancel: refuse,
    rebooted: () => undefined,
    onChange: () => () => undefined,
    close: async () => undefined,
  };
  const drift: Drift = { report: refuse, last: () => null, accounts: async () => [], close: () => undefined };
  return { accounts, resyncs, drift };
}
