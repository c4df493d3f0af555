// device.kv in the real sandbox: asked for, kept apart, honest in a dry run, and there again after a reload.
import { expect, onTestFinished, test } from 'vitest';
import { createKvDefinition } from '#core/plugin-host/kv.ts';
import { createMemoryKv } from '#core/plugin-host/memory-kv.ts';
import { createKv } from '#core/store/kv.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { openPluginWorld } from '#test/support/plugin-world.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

const plugin = (mark: string) => `
import { definePlugin } from '#plugin-sdk';
export default definePlugin({
  hooks: {
    async user_info({ account }, device) {
      const { kv } = device;
      if (kv === undefined) return 'no kv';
      try {
        for (const [method, ...args] of JSON.parse(account.calls ?? '[]')) await kv[method](...args);
      } catch (error) {
        return [error.code, error.message];
      }
      const keys = await kv.list(account.prefix);
      return { mark: '${mark}', keys, values: await Promise.all(keys.map((key) => kv.get(key))) };
    },
    async users_from_nas(input, device) { await device.kv.set('x', 1); return []; },
  },
});
`;

async function open(kv: readonly string[] | null = ['*'], grants = '') {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  const world = await openPluginWorld({ open: false, kv: createKv({ store, clock: Date.now }) });
  await world.savePlugin(plugin('first'));
  await world.saveManifest({ transports: { line: ['*'], ...(kv && { kv }) } });
  await world.save('bras-1', world.profile(grants));
  await world.open();
  const ask = async (calls: readonly unknown[], more: { readonly dryRun?: boolean; readonly prefix?: string } = {}) => {
    const { prefix, dryRun = false } = more;
    const account = { calls: JSON.stringify(calls), ...(prefix !== undefined && { prefix }) };
    return world.run('user_info', { account, dryRun });
  };
  return { world, store, ask };
}

test('values of any JSON are kept, listed by prefix, replaced, forgotten, and survive a new version of the plugin', async () => {
  const { world, ask } = await open();
  const { value } = await ask([
    ['set', 'mac/Ё', { a: [1, null, 'я'] }],
    ['set', 'mac/2', false],
    ['set', 'other', 0],
    ['set', 'mac/2', ''],
    ['delete', 'other'],
    ['delete', 'never'],
  ]);
  expect(value).toEqual({ mark: 'first', keys: ['mac/2', 'mac/Ё'], values: ['', { a: [1, null, 'я'] }] });
  expect((await ask([], { prefix: 'mac/Ё' })).value).toMatchObject({ keys: ['mac/Ё'] });
  await world.savePlugin(plugin('second'));
  await until(async () => JSON.stringify((await ask([])).value).includes('second'));
  expect((await ask([])).value).toMatchObject({ mark: 'second', keys: ['mac/2', 'mac/Ё'] });
});

test('a dry run reads what is kept and records what it would keep', async () => {
  const { ask } = await open();
  await ask([['set', 'a', 1]]);
  const planned = [
    ['set', 'a', { b: 'я' }, { ttlMs: 1000 }],
    ['delete', 'a'],
  ];
  const { value, exchanges } = await ask(planned, { dryRun: true });
  expect(value).toMatchObject({ keys: ['a'], values: [1] });
  expect(exchanges.map(({ kind, via, text }) => `${kind} ${via} ${text}`)).toEqual([
    'recorded kv set a {"b":"я"} {"ttlMs":1000}',
    'recorded kv delete a',
  ]);
  const kept = await ask([['set', 'a', 2]]);
  expect(kept.exchanges.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['log set a 2']);
});

test.each([
  ['a key that is empty', ['set', '', 1]],
  ['a key with a line in it', ['set', 'a\nb', 1]],
  ['a key that is too long', ['get', 'я'.repeat(201)]],
  ['a key that is no text', ['delete', 7]],
  ['a value that is not there', ['set', 'a']],
  ['a value that is too large', ['set', 'a', 'я'.repeat(32_768)]],
  ['a time to live of nothing', ['set', 'a', 1, { ttlMs: 0 }]],
  ['an option that is not known', ['set', 'a', 1, { ttl: 5 }]],
])('%s is refused, and nothing is kept', async (_name, call) => {
  const { ask } = await open();
  expect((await ask([call])).value).toEqual(['arguments_invalid', expect.stringContaining('kv.')]);
  expect((await ask([])).value).toMatchObject({ keys: [] });
});

test('where there is no room, the plugin hears so and what to do', async () => {
  const { ask, store } = await open();
  const scope = { nas: 'bras-1', plugin: 'lines' };
  const all = Array.from({ length: 10_000 }, (_, n) => `k${n}`);
  await store.write(all.map((key) => ({ type: 'kv-set', scope, key, text: '1', expiresAt: null, at: 1 }) as const));
  const { value } = await ask([['set', 'more', 1]]);
  expect(value).toEqual(['kv_full', expect.stringMatching(/10000 keys and 16 MB of bras-1.*ttlMs/)]);
});

test('it is there only when the manifest asks, and only as far as manifest and profile allow', async () => {
  const without = await open(null);
  expect((await without.ask([])).value).toBe('no kv');
  const some = await open(['read:*', 'set cache/*'], 'grants: { kv: ["read:*", "set cache/1"] }');
  expect((await some.ask([['set', 'cache/1', 1]])).value).toMatchObject({ keys: ['cache/1'] });
  expect((await some.ask([['set', 'cache/2', 1]])).value).toEqual(['not_granted', expect.stringContaining('profile')]);
  expect((await some.ask([['set', 'x', 1]])).value).toEqual(['not_granted', expect.stringContaining('plugin.json')]);
  expect((await some.ask([['delete', 'cache/1']])).value).toEqual(['not_granted', expect.anything()]);
});

test('a list only reads: keeping something in it is refused', async () => {
  const { world } = await open();
  const nas = world.registry.get('bras-1');
  const listed = await nas?.listUsers({ signal: new AbortController().signal, onUsers: () => undefined });
  expect(listed).toEqual({ type: 'failed', reason: expect.stringContaining('kv.set is a write') });
});

test("a value that is nested without end is the plugin's mistake, not a bug of the daemon", async () => {
  const definition = createKvDefinition({ store: createMemoryKv(), plugin: 'acme', now: Date.now });
  const transport = definition.connect({}, { nas: 'bras-1', log: () => undefined });
  let deep: unknown[] = [];
  for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
  const args = definition.methods['set']?.args.parse(['a', deep]) ?? [];
  const context = { signal: new AbortController().signal, deadline: Date.now() + 1000, record: () => undefined };
  await expect(transport.call('set', args, context)).rejects.toMatchObject({ code: 'arguments_invalid' });
  await transport.close();
});

test('what one run of a plugin keeps is limited like its other calls, and a plugin of another profile does not see it', async () => {
  const { world, ask } = await open();
  await world.save('bras-2', world.profile().replace('10.0.0.1, nas_id: 007', '10.0.0.2'));
  await until(() => world.registry.get('bras-2'));
  await ask([['set', 'a', 1]]);
  expect((await world.run('user_info', {}, 'bras-2')).value).toMatchObject({ keys: [] });
  const flood = Array.from({ length: 5000 }, (_, n) => ['set', `k${n}`, 1]);
  expect((await ask(flood)).value).toEqual(['call_limit', expect.stringContaining('host calls in one run')]);
});
