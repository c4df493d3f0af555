// The OpenAPI document says exactly what the server serves.
import { expect, test } from 'vitest';
import { allRoutes } from '#core/api/all-routes.ts';
import { createFeed } from '#core/api/feed.ts';
import { defaultLimits } from '#core/api/limits.ts';
import type { OpenApiDocument } from '#core/api/openapi.ts';
import type { KnownAccount } from '#core/store/store.ts';
import { memoryWorld } from './memory-world.ts';
import { drop, runningApi } from './running-api.ts';

const knownAccount: KnownAccount = {
  userId: '1001',
  variables: { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' },
  nasKey: '10.0.0.1',
  desired: { exists: 'true', rate: 'none' },
  version: 1,
  goneAt: 0,
  updatedAt: 1,
  applied: { exists: { value: 'true', job: '1', at: 2, failed: { state: 'dead', reason: 'нет', job: '2', at: 3 } } },
};

const answered = {
  outcome: { type: 'done' },
  exchanges: [{ at: 1, kind: 'recorded', via: 'coa', text: 'CoA-Request' }],
  stack: '',
  program: 'p',
} as const;

async function document(): Promise<OpenApiDocument> {
  const { get } = await runningApi();
  return (await (await get('/v1/openapi.json')).json()) as OpenApiDocument;
}

test('the document has every route of the server, and no other', async () => {
  const { deps } = memoryWorld();
  const routes = allRoutes({ deps, feed: createFeed(deps), limits: defaultLimits });
  const { paths, openapi } = await document();
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(openapi).toBe('3.1.0');
  expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
});

test('every route that acts takes dry_run, but those that change nothing anyway', async () => {
  const acting = Object.entries((await document()).paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => (method === 'get' ? [] : [{ path, operation }])),
  );
  const without = acting.filter(({ operation }) =>
    (operation['parameters'] as { name: string }[]).every(({ name }) => name !== 'dry_run'),
  );
  expect(without.map(({ path }) => path).sort()).toEqual(['/v1/accounts/{id}/diagnostics/{hook}', '/v1/plan']);
});

test('every path of the document is answered by the server', async () => {
  const { url } = await runningApi();
  for (const [path, methods] of Object.entries((await document()).paths))
    for (const method of Object.keys(methods)) {
      if (path === '/v1/stream') continue;
      const response = await fetch(url + path.replace(/\{\w+\}/g, '1'), { method: method.toUpperCase() });
      const text = await response.text();
      expect(text, `${method} ${path}`).not.toContain('There is no such path');
      expect(response.status, `${method} ${path}`).not.toBe(405);
    }
});

test('every reference in the document points at a component, and every operation has its own id', async () => {
  const all = await document();
  const references = [...JSON.stringify(all).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? '');
  expect(references.length).toBeGreaterThan(10);
  for (const reference of references)
    expect(all.components['schemas'], reference).toHaveProperty([reference.replace('#/components/schemas/', '')]);
  const ids = Object.values(all.paths).flatMap((methods) =>
    Object.values(methods).map((operation) => operation['operationId']),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('a query of any field is described as one', async () => {
  const operation = (await document()).paths['/v1/sessions']?.['get'] ?? {};
  const parameters = operation['parameters'] as { name: string }[];
  expect(parameters.map(({ name }) => name)).toEqual(['state', 'limit', 'cursor', 'conditions']);
  expect(parameters[3]).toMatchObject({ in: 'query', style: 'form', explode: true, schema: { type: 'object' } });
});

test('answers of the server fit the schemas of the document', async () => {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const { get, send, url, world } = await runningApi();
  world.box.run = async () => ({ ...answered, value: { user: { exists: true, accept: false }, mac: 'aa' } });
  const headers = { 'content-type': 'application/json' };
  const all = await document();
  const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ $id: 'api', components: all.components });
  const fits = (name: string, value: unknown) => {
    const ok = ajv.validate({ $ref: `api#/components/schemas/${name}` }, value);
    expect(ok, `${name}: ${ajv.errorsText()} in ${JSON.stringify(value)}`).toBe(true);
  };

  fits('Event', drop());
  fits('Receipt', await (await send(drop())).json());
  fits('Receipts', await (await send([drop(), {}])).json());
  fits('Problem', await (await send({})).json());
  fits('JobPage', await (await get('/v1/jobs')).json());
  fits('JobDetail', await (await get('/v1/jobs/1')).json());
  world.book.put({ id: 's' });
  world.book.put({ id: 'closed' });
  world.book.stop('closed', 2);
  fits('SessionPage', await (await get('/v1/sessions?state=any')).json());
  fits('Session', await (await get('/v1/sessions/closed')).json());
  fits('SessionCount', await (await get('/v1/sessions/count')).json());
  fits('SessionFields', await (await get('/v1/sessions/fields')).json());
  fits('SessionAnalysis', await (await get('/v1/accounts/alice/sessions/analysis?by=login')).json());
  world.records.set('1001', knownAccount);
  fits('AccountPage', await (await get('/v1/accounts')).json());
  fits('Account', await (await get('/v1/accounts/1001?actual=true')).json());
  const post = (path: string) => fetch(url + path, { method: 'POST' });
  fits('Diagnosis', await (await post('/v1/accounts/1001/diagnostics/user_info')).json());
  const planned = await fetch(`${url}/v1/events?dry_run=true`, {
    method: 'POST',
    body: JSON.stringify([drop()]),
    headers,
  });
  fits('Plans', await planned.json());
  fits('NasList', await (await get('/v1/nas')).json());
  fits('HookList', await (await get('/v1/hooks')).json());
  fits('Readiness', await (await get('/readyz')).json());
});
