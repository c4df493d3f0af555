// What a hostile or broken caller gets: a proper problem; and the server lives on for the others.
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { drop, plainRequest, problemIn, type RunningApi, runningApi } from './running-api.ts';

const json = { 'content-type': 'application/json' };

async function stillServes({ send }: RunningApi): Promise<void> {
  expect((await send(drop())).status).toBe(202);
}

/** Writes bytes as they are and gives back all that comes until the server closes. */
function raw({ port, text }: { port: number; text: string }): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(received));
  });
}

test.each([
  ['{"hook": user_drop}', 'line 1 column 10, expected value'],
  ['{\n  "hook": "a",\n  "account": {},\n}', 'line 4 column 1, expected name'],
  ['[{"hook":"a"} {"hook":"b"}]', 'line 1 column 15, expected , or ]'],
  ['{"hook":"a"', 'line 1 column 12, expected , or }'],
  ['{"hook":"a\n"}', 'line 1 column 11, expected a \\ escape'],
  ['{"a":1} x', 'line 1 column 9, expected nothing more'],
  ['{"a":"\\q"}', 'line 1 column 7, expected one of the escapes'],
  ["{'a':1}", 'line 1 column 2, expected name or }'],
  ['{"a":01}', 'line 1 column 6, expected value'],
])('JSON with a fault is answered with its position: %s', async (body, position) => {
  const running = await runningApi();
  const response = await running.send(body);
  expect(response.status).toBe(400);
  expect((await problemIn(response)).detail).toContain(position);
  await stillServes(running);
});

test.each([
  '{"hook":"user_drop","account":{"user_id":"1","nas_ip":"10.0.0.1","__proto__":{"x":1}}}',
  '{"__proto__":{"hook":"user_drop"}}',
  '[{"\\u005f_proto__":{"admin":true}}]',
  '{"account":{"constructor":{"prototype":{"x":1}}}}',
])('JSON that reaches for prototypes is refused: %s', async (body) => {
  const running = await runningApi();
  const response = await running.send(body);
  expect(response.status).toBe(400);
  expect((await problemIn(response)).detail).toContain('__proto__');
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  await stillServes(running);
});

test.each([
  '[]',
  '17',
  'null',
  '"text"',
  '[[]]',
  '[null]',
  '{"hook":17,"account":[]}',
  '{"hook":"toString","account":{}}',
  '{"hook":"__defineGetter__","account":null}',
  '{"hook":"user_drop","account":{"user_id":{"$gt":""}}}',
])('JSON of the wrong shape is answered 422: %s', async (body) => {
  const running = await runningApi();
  const response = await running.send(body);
  expect(response.status).toBe(422);
  expect((await problemIn(response)).errors?.length).toBeGreaterThan(0);
  expect(running.world.jobs).toHaveLength(0);
});

test('JSON nested a million deep does not hurt', async () => {
  const running = await runningApi();
  const response = await running.send(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`);
  expect(response.status).toBe(422);
  await stillServes(running);
});

test('a body that is too large is refused without being read', async () => {
  const running = await runningApi({ limits: { bodyBytes: 100_000 } });
  const response = await running.send(JSON.stringify([drop({ id: 'x'.repeat(200_000) })]));
  expect(response.status).toBe(413);
  expect((await problemIn(response)).code).toBe('input_invalid');
  await stillServes(running);
});

test('a body that is not UTF-8 is refused instead of being stored with broken letters', async () => {
  const running = await runningApi();
  const head = Buffer.from('{"hook":"user_drop","account":{"user_id":"1","nas_ip":"10.0.0.1","login":"');
  const response = await running.send(Buffer.concat([head, Buffer.from([0xe0, 0xeb, 0xe8]), Buffer.from('"}}')]));
  expect(response.status).toBe(400);
  expect((await problemIn(response)).detail).toContain('UTF-8');
});

test.each([
  [{ 'content-type': 'text/plain' }, 415],
  [{ 'content-type': 'application/x-www-form-urlencoded' }, 415],
  [{ 'content-type': 'application/json; charset=windows-1251' }, 415],
  [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 415],
])('a body as %o is answered %d', async (headers, status) => {
  const running = await runningApi();
  const response = await running.send(drop(), headers);
  expect(response.status).toBe(status);
  await problemIn(response);
  expect(running.world.jobs).toHaveLength(0);
});

test('an unknown path is 404 and a known path with another method 405 with Allow, both as problems', async () => {
  const { url } = await runningApi();
  const nowhere = await fetch(`${url}/v1/nothing`);
  const wrongMethod = await fetch(`${url}/v1/events`, { method: 'DELETE' });
  const badUrl = await fetch(`${url}/v1/jobs/%E0%A4%A`);
  expect(nowhere.status).toBe(404);
  expect((await problemIn(nowhere)).code).toBe('not_found');
  expect(wrongMethod.status).toBe(405);
  expect(wrongMethod.headers.get('allow')).toBe('POST');
  await problemIn(wrongMethod);
  expect(badUrl.status).toBe(400);
  await problemIn(badUrl);
});

test('a request that is not HTTP is answered 400 and one with huge headers 431, as problems', async () => {
  const running = await runningApi();
  const { port } = running.api;
  const garbage = await raw({ port, text: '\x16\x03\x01\x02\x00garbage\r\n\r\n' });
  const huge = await raw({
    port,
    text: `GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`,
  });
  expect(garbage).toMatch(/^HTTP\/1\.1 400 /);
  expect(garbage).toContain('application/problem+json');
  expect(huge).toMatch(/^HTTP\/1\.1 431 /);
  await stillServes(running);
});

test('a caller that sends its headers drop by drop is cut off in bounded time', async () => {
  const running = await runningApi({ limits: { headersMs: 300, requestMs: 600 } });
  const began = Date.now();
  const answer = await raw({ port: running.api.port, text: 'POST /v1/events HTTP/1.1\r\nhost: localhost\r\n' });
  expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(Date.now() - began).toBeLessThan(5_000);
  await stillServes(running);
});

test('a caller that never ends its body is cut off in bounded time', async () => {
  const running = await runningApi({ limits: { headersMs: 300, requestMs: 600 } });
  const head =
    'POST /v1/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"ho';
  const began = Date.now();
  await raw({ port: running.api.port, text: head });
  expect(Date.now() - began).toBeLessThan(5_000);
  await stillServes(running);
});

test('a request whose stages do not answer gets 504 at its deadline', async () => {
  const running = await runningApi({ limits: { handlerMs: 200 } });
  let letGo: () => void = () => undefined;
  running.world.beforeSubmit = () =>
    new Promise((resolve) => {
      letGo = resolve;
    });
  const response = await running.send(drop());
  expect(response.status).toBe(504);
  expect(await problemIn(response)).toMatchObject({
    code: 'deadline_exceeded',
    detail: expect.stringContaining('same id'),
  });
  letGo();
});

test('a caller that hangs up in the middle does not hurt', async () => {
  const running = await runningApi();
  let waiting = false;
  let letGo: () => void = () => undefined;
  running.world.beforeSubmit = () => {
    waiting = true;
    return new Promise((resolve) => {
      letGo = resolve;
    });
  };
  const leaving = new AbortController();
  const answer = fetch(`${running.url}/v1/events`, {
    method: 'POST',
    headers: json,
    body: JSON.stringify(drop()),
    signal: leaving.signal,
  });
  answer.catch(() => undefined);
  await until(() => waiting);
  leaving.abort();
  await expect(answer).rejects.toThrow();
  letGo();
  running.world.beforeSubmit = async () => undefined;
  await stillServes(running);
});

test('a page in a local browser cannot use a daemon without tokens', async () => {
  const { api, world } = await runningApi();
  const post = { port: api.port, path: '/v1/events', method: 'POST', body: JSON.stringify(drop()) };
  const rebound = await plainRequest({ ...post, headers: { ...json, host: 'evil.example:8480' } });
  const crossSite = await plainRequest({
    ...post,
    headers: { ...json, host: 'localhost', origin: 'https://evil.example' },
  });
  const bodyless = await plainRequest({
    ...post,
    path: '/v1/jobs/1/retry',
    body: '',
    headers: { host: 'localhost', origin: 'null' },
  });
  expect([rebound.status, crossSite.status, bodyless.status]).toEqual([403, 403, 403]);
  expect(JSON.parse(rebound.text)).toMatchObject({ code: 'forbidden' });
  expect(world.jobs).toHaveLength(0);
  const own = await plainRequest({ ...post, headers: { ...json, host: '[::1]:8480', origin: 'http://[::1]:8480' } });
  expect(own.status).toBe(202);
});
