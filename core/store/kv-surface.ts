// What operators see and remove of what plugins keep; who removed it and why stands in the audit.
import { type KvEntry, type KvScope, type KvUse, kvLimits } from '../model/kv.ts';
import type { KvSome, Store } from './store.ts';

export interface KvSurface {
  /** Every profile and plugin that keeps something. */
  uses(): Promise<readonly KvUse[]>;
  /** In the order of keys, after `after`. */
  entries(
    scope: KvScope,
    page: { readonly prefix: string; readonly after: string; readonly limit: number },
  ): Promise<readonly KvEntry[]>;
  /** JSON. */
  value(scope: KvScope, key: string): Promise<string | undefined>;
  /** Resolves with how many keys went, or would. */
  remove(scope: KvScope, removal: KvRemoval): Promise<number>;
}

export interface KvRemoval {
  readonly which: KvSome;
  readonly by: string;
  readonly reason: string;
  readonly dryRun: boolean;
}

interface KvSurfaceInput {
  readonly store: Pick<Store, 'write' | 'kvValue' | 'kvEntries' | 'kvUses'>;
  readonly clock: () => number;
}

export function createKvSurface({ store, clock }: KvSurfaceInput): KvSurface {
  async function countOf(scope: KvScope, which: KvSome): Promise<number> {
    if ('key' in which) return (await store.kvValue(scope, which.key, clock())) === undefined ? 0 : 1;
    const page = { prefix: which.prefix, after: '', limit: kvLimits.keys, now: clock() };
    return (await store.kvEntries(scope, page)).length;
  }

  return {
    uses: () => store.kvUses(),
    entries: (scope, page) => store.kvEntries(scope, { ...page, now: clock() }),
    value: (scope, key) => store.kvValue(scope, key, clock()),
    async remove(scope, { which, by, reason, dryRun }) {
      const keys = await countOf(scope, which);
      if (dryRun || keys === 0) return keys;
      const detail = { ...scope, ...which, keys, reason };
      await store.write([
        { type: 'kv-delete', scope, which },
        { type: 'audit', entry: { at: clock(), by, action: 'plugin.kv.remove', detail } },
      ]);
      return keys;
    },
  };
}
