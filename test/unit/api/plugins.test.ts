// Plugins over HTTP: who may have them read anew, what the audit keeps of it, and what is refused.
import { expect, test } from 'vitest';
import type { Which } from '#core/plugin-host/plugin-control.ts';
import type { AuditEntry } from '#core/store/store.ts';
import { memoryWorld } from './memory-world.ts';
import { runningApi } from './running-api.ts';

async function world() {
  const used = memoryWorld();
  const asked: (Which & { readonly trust: boolean | 'rehearsed' })[] = [];
  const audited: AuditEntry[] = [];
  const plugins: typeof used.deps.plugins = {
    list: async () => [
      { name: 'mikrotik', onDisk: null, problem: 'plugins/mikrotik/plugin.ts:4:1: опечатка', inForce: [], pins: [] },
    ],
    async reload(which, { trust }) {
      asked.push({ ...which, trust });
      return ['bras-1', 'core-2'];
    },
    async rehearse(which) {
      asked.push({ ...which, trust: 'rehearsed' });
      return [{ name: 'bras-1', problems: [], warnings: ['тихо'], plugins: ['mikrotik'] }];
    },
  };
  const audit = async (entry: AuditEntry) => void audited.push(entry);
  const tokens = [
    { name: 'ночь', role: 'operator', token: 'o'.repeat(20) },
    { name: 'looker', role: 'viewer', token: 'v'.repeat(20) },
  ] as const;
  const { url } = await runningApi({ tokens, world: { ...used, deps: { ...used.deps, plugins, audit } } });
  const headers = (who: string) => ({ 'content-type': 'application/json', authorization: `Bearer ${who.repeat(20)}` });
  return {
    asked,
    audited,
    list: async () => (await fetch(`${url}/v1/plugins`, { headers: headers('v') })).json(),
    async post(path: string, body: unknown, who = 'o') {
      const response = await fetch(url + path, { method: 'POST', headers: headers(who), body: JSON.stringify(body) });
      return { status: response.status, body: await response.json() };
    },
  };
}

test('an operator reloads and releases, profile by profile, and the audit keeps who and why', async () => {
  const { post, asked, audited } = await world();
  const reloaded = await post('/v1/plugins/reload', { plugin: 'mikrotik' });
  expect(reloaded.status).toBe(200);
  expect(reloaded.body).toMatchObject({
    ok: false,
    profiles: [
      { nas: 'core-2', result: 'refused', plugin: null },
      { nas: 'bras-1', result: 'in force' },
    ],
  });
  await post('/v1/plugins/release', { nas: 'bras-1', reason: 'проверено' });
  expect(asked).toEqual([
    { plugin: 'mikrotik', trust: false },
    { nas: 'bras-1', trust: true },
  ]);
  expect(audited).toMatchObject([
    { by: 'ночь', action: 'plugin.reload', detail: { plugin: 'mikrotik', profiles: 2, refused: 1 } },
    { by: 'ночь', action: 'plugin.release', detail: { nas: 'bras-1', reason: 'проверено' } },
  ]);
});

test('what is only tried changes nothing and is not audited', async () => {
  const { post, asked, audited } = await world();
  for (const path of ['reload', 'release']) {
    const tried = await post(`/v1/plugins/${path}?dry_run=true`, { nas: 'bras-1', reason: 'x' });
    expect(tried).toMatchObject({ status: 200, body: { ok: true, profiles: [{ nas: 'bras-1', warning: 'тихо' }] } });
  }
  expect(asked).toEqual(Array(2).fill({ nas: 'bras-1', trust: 'rehearsed' }));
  expect(audited).toEqual([]);
});

test('a viewer sees plugins and touches none; a request that says too much or too little is refused', async () => {
  const { post, list, asked } = await world();
  expect(await list()).toMatchObject({
    plugins: [{ name: 'mikrotik', on_disk: null, problem: expect.stringContaining('опечатка') }],
  });
  for (const path of ['reload', 'release'])
    expect(await post(`/v1/plugins/${path}`, { nas: 'bras-1', reason: 'x' }, 'v')).toMatchObject({ status: 403 });
  for (const body of [{ nas: 'a', plugin: 'b', reason: 'x' }, { nas: '' }, { box: 'a' }])
    expect(await post('/v1/plugins/reload', body)).toMatchObject({ status: 422 });
  for (const body of [{ reason: 'x' }, { nas: 'bras-1' }, { nas: 'a', plugin: 'b', reason: 'x' }])
    expect(await post('/v1/plugins/release', body)).toMatchObject({ status: 422 });
  expect(asked).toEqual([]);
});
