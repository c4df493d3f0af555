// What plugins keep: one contract for the store on disk and the one in memory, and what only the disk promises.
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type KvStore, kvLimits } from '#core/model/kv.ts';
import { createMemoryKv } from '#core/plugin-host/memory-kv.ts';
import { createKv } from '#core/store/kv.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const here = { nas: 'bras-1', plugin: 'acme' };
const elsewhere = [
  { nas: 'bras-2', plugin: 'acme' },
  { nas: 'bras-1', plugin: 'acme2' },
];
const of = (text: string, expiresAt: number | null = null) => ({ text, expiresAt });

async function onDisk(directory = tempDir()) {
  const clock = { now: 1000 };
  const store = await openStore({ directory });
  onTestFinished(() => store.close().catch(() => undefined));
  return { kv: createKv({ store, clock: () => clock.now }), clock, store, directory };
}

async function inMemory(): Promise<{ kv: KvStore; clock: { now: number } }> {
  const clock = { now: 1000 };
  return { kv: createMemoryKv(() => clock.now), clock };
}

describe.each([
  ['on disk', onDisk],
  ['in memory', inMemory],
])('kept %s', (_where, open) => {
  test('a value is found under its key, in its scope only, until it is replaced or deleted', async () => {
    const { kv } = await open();
    expect(await kv.set(here, 'mac/Ёлка «1»', of('{"a":"я"}'))).toBe('set');
    expect(await kv.get(here, 'mac/Ёлка «1»')).toBe('{"a":"я"}');
    for (const scope of elsewhere) {
      expect(await kv.get(scope, 'mac/Ёлка «1»')).toBeUndefined();
      expect(await kv.keys(scope, '')).toEqual([]);
    }
    await kv.set(here, 'mac/Ёлка «1»', of('2'));
    expect(await kv.get(here, 'mac/Ёлка «1»')).toBe('2');
    await kv.delete(here, 'mac/Ёлка «1»');
    await kv.delete(here, 'never');
    expect(await kv.get(here, 'mac/Ёлка «1»')).toBeUndefined();
  });

  test('keys are listed by prefix, in their order', async () => {
    const { kv } = await open();
    for (const key of ['b/я', 'a', 'b/😀', 'b', 'b/1', 'b/\uffee', 'c']) await kv.set(here, key, of('1'));
    expect(await kv.keys(here, 'b/')).toEqual(['b/1', 'b/я', 'b/\uffee', 'b/😀']);
    expect(await kv.keys(here, '')).toHaveLength(7);
    expect(await kv.keys(here, 'x')).toEqual([]);
  });

  test('what has expired is not there, and is there again when it is set again', async () => {
    const { kv, clock } = await open();
    await kv.set(here, 'a', of('1', 1500));
    clock.now = 1499;
    expect([await kv.get(here, 'a'), await kv.keys(here, '')]).toEqual(['1', ['a']]);
    clock.now = 1500;
    expect([await kv.get(here, 'a'), await kv.keys(here, '')]).toEqual([undefined, []]);
    await kv.set(here, 'a', of('2'));
    clock.now = 9999;
    expect(await kv.get(here, 'a')).toBe('2');
  });

  test('bytes are limited: what has no room changes nothing, what takes less room has it, expired ones make room', async () => {
    const { kv, clock } = await open();
    const big = JSON.stringify('я'.repeat(kvLimits.valueBytes / 2 - 1));
    expect(Buffer.byteLength(big)).toBe(kvLimits.valueBytes);
    const fit = kvLimits.bytes / kvLimits.valueBytes;
    for (let n = 0; n < fit; n += 1) expect(await kv.set(here, `k${n}`, of(big, n === 0 ? 2000 : null))).toBe('set');
    expect(await kv.set(here, 'one more', of('1'))).toBe('full');
    expect(await kv.get(here, 'one more')).toBeUndefined();
    expect(await kv.set(here, 'k1', of(`${big} `))).toBe('full');
    expect(await kv.get(here, 'k1')).toBe(big);
    expect(await kv.set(here, 'k1', of(big))).toBe('set');
    expect(await kv.set(elsewhere[0] ?? here, 'one more', of('1'))).toBe('set');
    clock.now = 2000;
    expect(await kv.set(here, 'one more', of('1'))).toBe('set');
    await kv.delete(here, 'k2');
    expect(await kv.set(here, 'again', of(big))).toBe('set');
  });
});

test('keys are limited, and those that are there can still be changed', async () => {
  const { kv, store } = await onDisk();
  const some = Array.from({ length: kvLimits.keys }, (_, n) => n);
  await store.write(some.map((n) => ({ type: 'kv-set', scope: here, key: `k${n}`, ...of('1'), at: 1 }) as const));
  expect(await kv.set(here, 'one more', of('1'))).toBe('full');
  expect(await kv.set(here, 'k77', of('"x"'))).toBe('set');
  expect(await kv.keys(here, '')).toHaveLength(kvLimits.keys);
  expect(await store.kvUses()).toEqual([{ ...here, keys: kvLimits.keys, bytes: kvLimits.keys + 2, usedAt: 1000 }]);
  await store.write([{ type: 'kv-delete', scope: here, which: { prefix: 'k7' } }]);
  expect(await kv.keys(here, 'k7')).toEqual([]);
  await store.write([{ type: 'kv-delete', scope: here, which: { prefix: '' } }]);
  expect(await store.kvUses()).toEqual([]);
});

test('what was set is there after opening again', async () => {
  const { kv, store, directory } = await onDisk();
  await kv.set(here, 'cursor', of('"42"'));
  await store.close();
  const again = await onDisk(directory);
  expect(await again.kv.get(here, 'cursor')).toBe('"42"');
  expect((await again.store.kvEntries(here, { prefix: '', after: '', limit: 10, now: 1 }))[0]).toEqual({
    key: 'cursor',
    bytes: 4,
    updatedAt: 1000,
    expiresAt: null,
  });
});

test('a set that was acknowledged is in the file already', async () => {
  const { kv, directory } = await onDisk();
  await Promise.all([1, 2, 3].map((n) => kv.set(here, `k${n}`, of(`${n}`))));
  const database = new DatabaseSync(`${directory}/ossia.db`, { readOnly: true });
  const rows = database.prepare('SELECT key, value FROM kv ORDER BY key').all();
  database.close();
  expect(rows.map((row) => [row['key'], row['value']])).toEqual([
    ['k1', '1'],
    ['k2', '2'],
    ['k3', '3'],
  ]);
});

test('what no profile uses any more is purged, a little at a time; what is in use stays however old it is', async () => {
  const { kv, clock, store } = await onDisk();
  for (const n of [1, 2, 3]) await kv.set(here, `k${n}`, of('1'));
  const [other = here] = elsewhere;
  await kv.set(other, 'a', of('1'));
  clock.now = 5000;
  await kv.keep(other);
  await kv.keep({ nas: 'nobody', plugin: 'acme' });
  expect(await store.purge({ what: 'kv', before: 1000, limit: 10 })).toBe(0);
  expect(await store.purge({ what: 'kv', before: 1001, limit: 2 })).toBe(2);
  expect(await kv.keys(here, '')).toHaveLength(1);
  expect(await store.purge({ what: 'kv', before: 1001, limit: 2 })).toBe(2);
  expect(await store.purge({ what: 'kv', before: 1001, limit: 2 })).toBe(0);
  expect(await store.kvUses()).toMatchObject([{ ...other, keys: 1, usedAt: 5000 }]);
});
