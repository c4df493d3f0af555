// The key-value store of plugins over the store of everything.
import type { KvStore } from '../model/kv.ts';
import { kvLimits } from '../model/kv.ts';
import type { Store } from './store.ts';

interface KvOverStore {
  readonly store: Pick<Store, 'write' | 'kvValue' | 'kvEntries'>;
  readonly clock: () => number;
}

export function createKv({ store, clock }: KvOverStore): KvStore {
  return {
    get: (scope, key) => store.kvValue(scope, key, clock()),
    async keys(scope, prefix) {
      const page = { prefix, after: '', limit: kvLimits.keys, now: clock() };
      return (await store.kvEntries(scope, page)).map(({ key }) => key);
    },
    async set(scope, key, { text, expiresAt }) {
      const { conflicts } = await store.write([{ type: 'kv-set', scope, key, text, expiresAt, at: clock() }]);
      return conflicts.has(key) ? 'full' : 'set';
    },
    async delete(scope, key) {
      await store.write([{ type: 'kv-delete', scope, which: { key } }]);
    },
    async keep(scope) {
      await store.write([{ type: 'kv-keep', scope, at: clock() }]);
    },
  };
}
