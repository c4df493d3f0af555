// The accounts' part of the composition: what each should have, taken in, compared with the boxes and put right there.
import type { Accounts } from './accounts/accounts.ts';
import { createDrift } from './accounts/drift.ts';
import { createAccounts } from './accounts/open-accounts.ts';
import { openResyncs } from './accounts/open-resyncs.ts';
import { startResyncTriggers } from './accounts/resync-triggers.ts';
import type { Drift, Resyncs } from './accounts/resyncs.ts';
import { createTaking, type TakingOptions } from './accounts/taking.ts';
import type { Log } from './log.ts';
import type { Catalogue } from './map/catalogue.ts';
import { effectsOf } from './map/effects.ts';
import type { Turns } from './model/turns.ts';
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
  readonly turns: Turns;
  readonly transports: ReturnType<typeof allTransports>;
  readonly onEvent: TakingOptions['onEvent'];
}

interface BuiltAccounts {
  readonly accounts: Accounts;
  readonly resyncs: Resyncs;
  readonly drift: Drift;
}

export async function buildAccounts({
  log,
  releasers,
  store,
  queue,
  registry,
  catalogue,
  turns,
  transports,
  onEvent,
}: AccountsBuilding): Promise<BuiltAccounts> {
  const accounts = createAccounts({
    store,
    directory: registry,
    catalogue,
    taking: createTaking({ catalogue, store, queue, turns, clock: Date.now, onEvent }),
    unknownIn: (transport) => transports[transport]?.unknownInDryRun,
    clock: Date.now,
  });
  const resyncs = await openResyncs({
    store,
    queue,
    boxes: registry,
    effects: effectsOf(catalogue),
    clock: Date.now,
    log,
  });
  releasers.push(() => resyncs.close());
  releasers.push(startResyncTriggers({ boxes: registry, resyncs, clock: Date.now, log }));
  const drift = createDrift({ store, boxes: registry, clock: Date.now, log, everyMs: 300_000 });
  releasers.push(() => drift.close());
  return { accounts, resyncs, drift };
}
