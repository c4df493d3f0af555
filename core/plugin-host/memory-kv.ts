// The key-value store of plugins in memory, for where nothing is to be left behind: trials of a plugin.
import { type KvScope, type KvStore, kvLimits } from '../model/kv.ts';

interface Kept {
  readonly text: string;
  readonly expiresAt: number | null;
}

export function createMemoryKv(now: () => number = Date.now): KvStore {
  const scopes = new Map<string, Map<string, Kept>>();

  function aliveIn({ nas, plugin }: KvScope): Map<string, Kept> {
    const name = JSON.stringify([nas, plugin]);
    const scope = scopes.get(name) ?? new Map<string, Kept>();
    scopes.set(name, scope);
    for (const [key, { expiresAt }] of scope) if (expiresAt !== null && expiresAt <= now()) scope.delete(key);
    return scope;
  }

  return {
    get: async (scope, key) => aliveIn(scope).get(key)?.text,
    async keys(scope, prefix) {
      const found = [...aliveIn(scope).keys()].filter((key) => key.startsWith(prefix));
      // As the bytes of UTF-8 sort.
      return found.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    },
    async set(scope, key, value) {
      const alive = aliveIn(scope);
      const others = [...alive].filter(([other]) => other !== key);
      const bytes = others.reduce((sum, [, { text }]) => sum + Buffer.byteLength(text), Buffer.byteLength(value.text));
      if (others.length >= kvLimits.keys || bytes > kvLimits.bytes) return 'full';
      alive.set(key, value);
      return 'set';
    },
    async delete(scope, key) {
      aliveIn(scope).delete(key);
    },
    keep: async () => undefined,
  };
}
