// What plugins keep, through the real API and the real program over a real store: seen by viewers, removed by operators, audited.
import { expect, onTestFinished, test } from 'vitest';
import { createKv } from '#core/store/kv.ts';
import { createKvSurface } from '#core/store/kv-surface.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from '../cli/ossia.ts';
import { memoryWorld } from './memory-world.ts';
import { runningApi } from './running-api.ts';

const tokens = (['viewer', 'operator', 'event'] as const).map((role) => ({
  name: `${role}-1`,
  role,
  token: `${role}-0123456789abcdef`,
}));

interface Body {
  readonly entries: readonly unknown[];
  readonly next_cursor: string;
}

async function scene() {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  const kv = createKv({ store, clock: () => 1000 });
  const scope = { nas: 'bras/1 Ё', plugin: 'acme' };
  for (const key of ['a/1', 'a/2', 'b "я"']) await kv.set(scope, key, { text: '{"v":"я\\n"}', expiresAt: null });
  await kv.set(scope, 'short', { text: '1', expiresAt: 5000 });
  const world = memoryWorld();
  Object.assign(world.deps, { kv: createKvSurface({ store, clock: () => 1000 }) });
  const { url, socket } = await runningApi({ world, tokens });
  const path = `/v1/kv/${encodeURIComponent(scope.nas)}/acme`;
  const call = async (route: string, { role = 'viewer', method = 'GET' } = {}) => {
    const authorization = `Bearer ${role}-0123456789abcdef`;
    const answer = await fetch(url + route, { method, headers: { authorization } });
    return { status: answer.status, body: (await answer.json()) as Body };
  };
  const run = (...words: string[]) =>
    ossia(['plugin', 'kv', ...words, '--socket', socket], {
      env: { TZ: 'UTC', OSSIA_TOKEN: 'operator-0123456789abcdef' },
    });
  return { store, kv, scope, path, call, run };
}

test('a viewer sees which plugins keep how much, the keys page by page, and a value', async () => {
  const { call, path } = await scene();
  const uses = await call('/v1/kv');
  expect(uses).toMatchObject({ status: 200, body: { kv: [{ nas: 'bras/1 Ё', plugin: 'acme', keys: 4 }] } });
  const first = await call(`${path}?limit=2`);
  expect(first.body).toMatchObject({ entries: [{ key: 'a/1', bytes: 12, expires_at: null }, { key: 'a/2' }] });
  const rest = await call(`${path}?limit=2&cursor=${encodeURIComponent(first.body.next_cursor)}`);
  expect(rest.body).toMatchObject({ entries: [{ key: 'b "я"' }, { key: 'short' }], next_cursor: null });
  expect((await call(`${path}?prefix=a%2F`)).body.entries).toHaveLength(2);
  const value = await call(`${path}/value?key=${encodeURIComponent('b "я"')}`);
  expect(value).toMatchObject({ status: 200, body: { value: { v: 'я\n' } } });
  expect((await call(`${path}/value?key=none`)).status).toBe(404);
  expect((await call('/v1/kv', { role: 'event' })).status).toBe(403);
});

test('an operator removes a key, some or all, with a reason that stands in the audit; a viewer does not', async () => {
  const { call, path, kv, scope, store } = await scene();
  const remove = (query: string, role = 'operator') => call(`${path}?${query}`, { role, method: 'DELETE' });
  expect((await remove('all=true&reason=x', 'viewer')).status).toBe(403);
  for (const query of ['all=true', 'reason=x', 'reason=x&key=a&prefix=b', 'reason=x&all=no'])
    expect((await remove(query)).status, query).toBe(422);
  expect(await remove('prefix=a%2F&reason=x&dry_run=true')).toEqual({ status: 200, body: { removed: 2 } });
  expect(await kv.keys(scope, '')).toHaveLength(4);
  expect((await remove('prefix=a%2F&reason=замена%20платы')).body).toEqual({ removed: 2 });
  expect((await remove('key=a%2F1&reason=x')).status).toBe(404);
  expect((await remove('all=true&reason=y')).body).toEqual({ removed: 2 });
  expect(await kv.keys(scope, '')).toEqual([]);
  expect((await store.audit({ limit: 5 })).map(({ by, action, detail }) => ({ by, action, ...detail }))).toEqual([
    { by: 'operator-1', action: 'plugin.kv.remove', ...scope, prefix: '', keys: 2, reason: 'y' },
    { by: 'operator-1', action: 'plugin.kv.remove', ...scope, prefix: 'a/', keys: 2, reason: 'замена платы' },
  ]);
});

test('ossia plugin kv shows and removes it', async () => {
  const { run, kv, scope } = await scene();
  expect((await run()).out).toMatch(/^bras\/1 Ё +acme +4 +\d+ +1970-01-01 00:00:01 *$/m);
  expect((await run(scope.nas, '--prefix', 'b')).out).toMatch(/^1970-01-01 00:00:01 +- +12 +b "я"$/m);
  expect((await run(scope.nas, '--key', 'a/1')).out).toBe('{"v":"я\\n"}\n');
  expect(await run('bras-7')).toMatchObject({ code: 2, err: expect.stringContaining('no plugin keeps anything') });
  expect(await run(scope.nas, '--remove', '--all')).toMatchObject({
    code: 2,
    err: expect.stringContaining('--reason'),
  });
  const removal = [scope.nas, '--remove', '--key', 'a/1', '--reason', 'x'] as const;
  expect((await run(...removal, '--dry-run')).out).toBe('would remove 1 key\n');
  expect((await run(...removal)).out).toBe('removed 1 key\n');
  expect(await kv.keys(scope, '')).toEqual(['a/2', 'b "я"', 'short']);
});
