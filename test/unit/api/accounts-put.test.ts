// Whole states over HTTP: one account, and very many as they come, with what a sender can do wrong on the way.
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Problem } from '#core/api/problem.ts';
import { subscriber, takingStage } from '#test/support/taking-stage.ts';
import { until } from '#test/support/until.ts';
import { memoryWorld } from './memory-world.ts';
import { runningApi } from './running-api.ts';

const ndjson = { 'content-type': 'application/x-ndjson' };
const line = (n: number, more: object = {}): string =>
  `${JSON.stringify({ user_id: n, variables: subscriber({ user_id: String(n), login: `абонент-${n}` }), ...more })}\n`;

async function world({ requestMs = 60_000 } = {}) {
  const stage = await takingStage();
  const memory = memoryWorld();
  Object.assign(memory.deps, { accounts: { ...memory.deps.accounts, ...stage.taking } });
  const tokens = [
    { name: 'billing', role: 'event', token: 'b'.repeat(20) },
    { name: 'looker', role: 'viewer', token: 'v'.repeat(20) },
  ] as const;
  const { api, url } = await runningApi({ world: memory, tokens, limits: { requestMs, headersMs: 500 } });
  const send = async (
    method: string,
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: object = {},
    role = 'b',
  ) => {
    const authorization = `Bearer ${role.repeat(20)}`;
    const all = { 'content-type': 'application/json', authorization, ...headers } as Record<string, string>;
    const response = await fetch(url + path, { method, body, headers: all });
    return { status: response.status, body: (await response.json()) as Problem & Record<string, unknown> };
  };
  const put = (id: string, body: unknown, query = '', role = 'b') =>
    send('PUT', `/v1/accounts/${id}${query}`, typeof body === 'string' ? body : JSON.stringify(body), {}, role);
  /** A request whose body is written by hand. */
  const open = () => {
    const outgoing = request(`${url}/v1/accounts/import?jobs=none`, {
      method: 'POST',
      headers: { ...ndjson, authorization: `Bearer ${'b'.repeat(20)}` },
      agent: false,
    });
    const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
      outgoing.on('error', reject).on('response', async (incoming) => {
        let text = '';
        for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
        resolve({ status: incoming.statusCode ?? 0, text });
      });
    });
    onTestFinished(() => void outgoing.destroy());
    return { outgoing, answered };
  };
  return { ...stage, api, memory, send, put, open };
}

test('a state is answered with its jobs and hooks, then with nothing to do', async () => {
  const { put, store } = await world();
  const state = { variables: subscriber(), accept: false };
  const first = await put('1001', state);
  expect(first).toMatchObject({
    status: 202,
    body: { user_id: '1001', jobs: ['1', '2'], hooks: ['user_add', 'user_drop'], duplicate: false, version: 1 },
  });
  expect(await put('1001', state)).toMatchObject({ status: 200, body: { event: null, jobs: [], version: 1 } });
  expect(await put('1001', { ...state, redirect: true }, '?jobs=none')).toMatchObject({
    status: 200,
    body: { version: 2 },
  });
  expect(await store.jobs({ limit: 10 })).toHaveLength(2);
});

test('a dry run says what would be sent and keeps nothing', async () => {
  const { put, store } = await world();
  const variables = subscriber({ psw: 'тайна', nas_ip: '10.9.9.9' });
  const planned = await put('1001', { variables, accept: false }, '?dry_run=true');
  expect(planned).toMatchObject({
    status: 200,
    body: { dry_run: true, steps: [{ hook: 'user_add', outcome: 'no_profile' }, { hook: 'user_drop' }] },
  });
  expect(JSON.stringify(planned.body)).not.toContain('тайна');
  expect(await store.record('1001')).toBeUndefined();
});

test('a wrong state, wrong JSON and a caller without the right are refused, and nothing is kept', async () => {
  const { put, store } = await world();
  const wrong = await put('1001', { variables: { ...subscriber(), ip: 'нет' }, loged: true });
  expect(wrong.status).toBe(422);
  expect(wrong.body.errors?.map(({ pointer }) => pointer)).toEqual(['/loged', '/variables/ip']);
  expect(await put('1001', { variables: { ...subscriber(), ip: 'нет' } })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/variables/ip', detail: expect.stringContaining('IPv4') }] },
  });
  expect(await put('1001', '{"variables": ')).toMatchObject({ status: 400 });
  expect(await put('1001', { variables: subscriber() }, '?jobs=some')).toMatchObject({ status: 422 });
  expect(await put('1001', { variables: subscriber() }, '', 'v')).toMatchObject({ status: 403 });
  expect(await store.recordPage({ limit: 5 })).toEqual([]);
});

test('an import is counted, its wrong lines are named', async () => {
  const { send, store } = await world();
  const text = `\uFEFF${line(1)}\n${line(2, { accept: 'да' })}{"user_id"\n${line(3).trimEnd()}`;
  const broken = Buffer.concat([Buffer.from(text), Buffer.from('\n"\xff"\n', 'latin1'), Buffer.from(line(4))]);
  const answer = await send('POST', '/v1/accounts/import', broken, ndjson);
  expect(answer.body).toEqual({
    ...{ dry_run: false, lines: 7, taken: 3, unchanged: 0, jobs: 3, rejected: 3 },
    problems: [
      { line: 3, user_id: '2', errors: [{ pointer: '/accept', detail: 'expected true or false' }] },
      { line: 4, user_id: '', errors: [{ pointer: '', detail: 'is not JSON' }] },
      { line: 6, user_id: '', errors: [{ pointer: '', detail: 'is not UTF-8' }] },
    ],
  });
  expect(answer.status).toBe(200);
  expect(await send('POST', '/v1/accounts/import?dry_run=true', line(9), ndjson)).toMatchObject({
    body: { dry_run: true, taken: 1, jobs: 1 },
  });
  expect(await store.record('9')).toBeUndefined();
});

test('an endless line is one wrong line', async () => {
  const { send } = await world();
  const body = `${line(1)}${'х'.repeat(3_000_000)}\n${line(2)}${'у'.repeat(1_000_000)}`;
  expect(await send('POST', '/v1/accounts/import', body, ndjson)).toMatchObject({
    status: 200,
    body: { lines: 4, taken: 2, rejected: 2, problems: [{ line: 2 }, { line: 4 }] },
  });
});

test('other media types and callers are refused before a line is read', async () => {
  const { send, store } = await world();
  expect(await send('POST', '/v1/accounts/import', line(1))).toMatchObject({
    status: 415,
    body: { detail: expect.stringContaining('application/x-ndjson') },
  });
  expect(await send('POST', '/v1/events', line(1), ndjson)).toMatchObject({ status: 415 });
  for (const wrong of [{ 'content-encoding': 'gzip' }, { 'content-type': 'application/x-ndjson; charset=koi8-r' }])
    expect(await send('POST', '/v1/accounts/import', line(1), { ...ndjson, ...wrong })).toMatchObject({ status: 415 });
  expect(await send('POST', '/v1/accounts/import', line(1), ndjson, 'v')).toMatchObject({ status: 403 });
  expect(await store.record('1')).toBeUndefined();
});

test('a sender that takes its time is listened to for longer than other requests may last', async () => {
  const { open, store } = await world({ requestMs: 1_000 });
  const { outgoing, answered } = open();
  for (let n = 0; n < 14; n++) {
    outgoing.write(line(n));
    await sleep(250);
  }
  outgoing.end();
  const { status, text } = await answered;
  expect([status, JSON.parse(text)]).toMatchObject([200, { taken: 14 }]);
  expect(await store.record('13')).toBeDefined();
});

test('what a sender that goes away had sent whole stays, and the log says so', async () => {
  const { open, store, memory, send } = await world();
  const { outgoing, answered } = open();
  answered.catch(() => undefined);
  for (let n = 0; n < 1_200; n++) outgoing.write(line(n));
  await until(async () => (await store.recordPage({ limit: 2_000 })).length >= 500);
  outgoing.destroy();
  await until(() => memory.logged().includes('import of accounts broken off'));
  expect(memory.logged()).toMatch(/went away.*taken stay/);
  expect(await send('POST', '/v1/accounts/import', line(5_000), ndjson)).toMatchObject({ body: { taken: 1 } });
});

test('a stop ends an import in between, with an answer', async () => {
  const { open, store, api } = await world();
  const { outgoing, answered } = open();
  for (let n = 0; n < 1_200; n++) outgoing.write(line(n));
  await until(async () => (await store.recordPage({ limit: 2_000 })).length >= 500);
  const closing = api.close(10_000);
  const { status, text } = await answered;
  expect([status, JSON.parse(text)]).toMatchObject([
    503,
    { code: 'stopping', detail: expect.stringContaining('taken stay') },
  ]);
  await closing;
});
