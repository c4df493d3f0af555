// What takes events and whole states, over the real store and queue in a folder of the test's own; no box behind it.
import { onTestFinished } from 'vitest';
import { createTaking } from '#core/accounts/taking.ts';
import { openIngest } from '#core/ingest/open-ingest.ts';
import type { Account } from '#core/model/account.ts';
import { createTurns } from '#core/model/turns.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';

interface Around {
  readonly maxWaiting?: number;
  /** Puts something between the stages and the store. */
  readonly between?: (store: Store) => Store;
}

export async function takingStage({ maxWaiting = 1e6, between = (store) => store }: Around = {}) {
  let commits = 0;
  const opened = await openStore({ directory: tempDir(), onCommit: () => commits++ });
  onTestFinished(() => opened.close());
  const store = between(opened);
  const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting, log: () => {} });
  onTestFinished(() => queue.close());
  const turns = createTurns();
  const { record } = store;
  const ingest = openIngest({ catalogue, queue, record, turns, clock: Date.now, onEvent: () => {} });
  const taking = createTaking({ catalogue, store, queue, turns, clock: Date.now, onEvent: () => {} });
  const put = (userId: string, body: unknown, more: { jobs?: boolean; dryRun?: boolean } = {}) =>
    taking.put(userId, body, { source: 'test', jobs: true, dryRun: false, ...more });
  const load = (
    lines: readonly (string | object)[],
    more: { jobs?: boolean; dryRun?: boolean; signal?: AbortSignal } = {},
  ) =>
    taking.load(linesOf(lines), {
      ...{ by: 'Марта', jobs: true, dryRun: false, signal: new AbortController().signal },
      ...more,
    });
  /** Hooks of all jobs from old to new: `user_drop at 10.0.0.1`. */
  const hooks = async (userId: string) => {
    const jobs = await store.jobs({ user_id: userId, limit: 1000 });
    return jobs
      .toReversed()
      .map(({ hook, nasKey, account }) => [hook, account['usluga_id'], 'at', nasKey].filter(Boolean).join(' '));
  };
  return { store, queue, ingest, taking, put, load, hooks, commits: () => commits };
}

async function* linesOf(lines: readonly (string | object)[]): AsyncGenerator<string> {
  for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line);
}

/** Variables of a subscriber as the billing prints them. */
export function subscriber(more: Account = {}): Account {
  return { user_id: '1001', login: 'алиса', ip: '10.1.2.3', auth_type: '6', nas_ip: '10.0.0.1', ...more };
}
