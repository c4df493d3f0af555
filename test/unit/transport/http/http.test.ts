// The http transport against a real HTTP server: what it sends, what it makes of answers, and what it never lets out.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { httpTransport } from '#core/transport/http/http.ts';
import { makeAuthority } from '../../../support/certificates.ts';
import { tempDir } from '../../../support/temp-dir.ts';
import { connectTransport, type TransportCaller } from '../../../support/transport-call.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Answer = (seen: Seen, response: ServerResponse) => void;

async function box(answer: Answer, section: Readonly<Record<string, unknown>> = {}) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    seen.push(one);
    answer(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { seen, port, device: connect({ base_url: `http://127.0.0.1:${port}/api/v2`, ...section }) };
}

function connect(section: Readonly<Record<string, unknown>>): TransportCaller {
  const device = connectTransport(httpTransport, section);
  closers.push(() => device.close());
  return device;
}

const ok: Answer = (_seen, response) => response.end();

test('path parts and query values stay values, whatever is in them', async () => {
  const { seen, device } = await box(ok);
  const query = { q: 'а&b=c', many: [1, 2], flag: true };
  await device.call('read', 'GET', ['users', '..алиса/x?y#z', 7], { query });
  expect(seen[0]?.url).toBe(
    '/api/v2/users/..%D0%B0%D0%BB%D0%B8%D1%81%D0%B0%2Fx%3Fy%23z/7?q=%D0%B0%26b%3Dc&many=1&many=2&flag=true',
  );
});

test.each([['..'], ['.'], ['%2e%2E'], ['.%2e'], ['../admin'], ['a\\..\\b'], ['x%2f..'], ['\ud83d']])(
  'a part %j, a way up or half a character, is refused and nothing is sent',
  async (part) => {
    const { seen, device } = await box(ok);
    await expect(device.call('read', 'GET', ['users', part])).rejects.toMatchObject({ code: 'value_unsafe' });
    expect(seen).toEqual([]);
  },
);

test('json and form bodies, UTF-8 and its length right', async () => {
  const { seen, device } = await box(ok);
  await device.call('send', 'POST', ['users'], { json: { name: 'Алиса', tv: null } });
  await device.call('send', 'PUT', 'users', { form: { имя: 'a&b', n: 1 } });
  expect(seen.map(({ method, headers, body }) => [method, headers['content-type'], body])).toEqual([
    ['POST', 'application/json; charset=utf-8', '{"name":"Алиса","tv":null}'],
    ['PUT', 'application/x-www-form-urlencoded; charset=utf-8', '%D0%B8%D0%BC%D1%8F=a%26b&n=1'],
  ]);
});

test("the profile's credentials go out, and come back neither to the plugin nor to the journal", async () => {
  const echo: Answer = (seen, response) => {
    response.setHeader('x-echo', String(seen.headers['x-api-key']));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ ...seen }));
  };
  const section = {
    user: 'ossia',
    password: 'pa55-word',
    headers: { 'X-Api-Key': 'key-one-two' },
    query: { sig: 'sig-three' },
  };
  const { seen, device } = await box(echo, section);
  const answer = await device.call('read', 'GET', ['me'], { query: { sig: 'mine' }, headers: { 'x-api-key': 'mine' } });
  expect(seen[0]?.headers).toMatchObject({ authorization: 'Basic b3NzaWE6cGE1NS13b3Jk', 'x-api-key': 'key-one-two' });
  expect(seen[0]?.url).toBe('/api/v2/me?sig=sig-three');
  const told = JSON.stringify([answer, device.exchanges, device.describe('send', 'POST', ['me'], { json: {} })]);
  for (const secret of ['pa55-word', 'b3NzaWE6cGE1NS13b3Jk', 'key-one-two', 'sig-three'])
    expect(told).not.toContain(secret);
});

test('what every request carries leaves the answer the JSON that it is', async () => {
  const answer: Answer = (_seen, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true,"year":2026,"key":"2026-secret"}');
  const section = { headers: { Accept: 'application/json', 'X-Api-Version': '2026' }, query: { pretty: 'true' } };
  const { device } = await box(answer, section);
  const { body } = await device.call<{ body: unknown }>('read', 'GET', ['x']);
  expect(body).toEqual({ ok: true, year: 2026, key: '***-secret' });
});

test('what a write would send is told without the values of secrets', async () => {
  const { device } = await box(ok, { token: 'abcdef' });
  const told = device.describe('send', 'POST', ['users', 'алиса'], {
    json: { psw: 'тайна', login: 'алиса' },
    query: { token: 't' },
  });
  expect(told).toMatch(
    /^POST http:\/\/127.0.0.1:\d+\/api\/v2\/users\/%D0%B0[^\n]*\?token=\*\*\*\n\{"psw":"\*\*\*","login":"алиса"\}$/,
  );
});

test.each<[number, Readonly<Record<string, string>>, object]>([
  [400, {}, { code: 'nas_refused', retryable: false, said: 'нет', details: { status: 400 } }],
  [404, {}, { code: 'nas_refused', details: { status: 404 } }],
  [401, {}, { code: 'nas_auth' }],
  [403, {}, { code: 'nas_auth' }],
  [301, { location: 'http://127.0.0.1:1/' }, { code: 'nas_refused' }],
  [429, { 'retry-after': '7' }, { code: 'nas_busy', retryable: true, details: { status: 429, retryAfterMs: 7000 } }],
  [503, {}, { code: 'nas_busy' }],
])('status %i is told as what it means', async (status, headers, error) => {
  const { device, seen } = await box((_seen, response) => response.writeHead(status, headers).end('нет'));
  await expect(device.call('send', 'POST', ['x'])).rejects.toMatchObject(error);
  expect(seen.length).toBe(1);
  expect(await device.call('send', 'POST', ['x'], { okStatus: [status] })).toMatchObject({ status, body: 'нет' });
});

test('JSON is parsed where it is said to be, and only then', async () => {
  const bodies: [string, string][] = [
    ['application/problem+json', '{"a":"я"}'],
    ['text/plain', '{"a":1}'],
    ['application/json', '{"a":'],
  ];
  const { device } = await box((_seen, response) => {
    const [type = '', body = ''] = bodies.shift() ?? [];
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  expect(await device.call('read', 'GET', ['x'])).toMatchObject({ body: { a: 'я' } });
  expect(await device.call('read', 'GET', ['x'])).toMatchObject({ body: '{"a":1}' });
  await expect(device.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_protocol' });
});

test('no connection, no answer in time, half an answer, another protocol, too large an answer', async () => {
  const { port } = await box(ok);
  await closers.pop()?.();
  await closers.pop()?.();
  const dead = connect({ base_url: `http://127.0.0.1:${port}/` });
  await expect(dead.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_unreachable' });
  const silent = await box(() => undefined, { timeout: '100ms' });
  await expect(silent.device.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_timeout' });
  const patient = await box(() => undefined);
  await expect(patient.device.callWithin(80, 'read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_timeout' });
  const cut = await box((_seen, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  await expect(cut.device.call('read', 'GET', ['x'])).rejects.toMatchObject({
    code: expect.stringMatching(/^nas_(unreachable|protocol)$/),
  });
  const other = await box((_seen, response) =>
    response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  );
  await expect(other.device.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_protocol' });
  const large = await box((_seen, response) => response.end('x'.repeat(5000)), { max_answer: '2KB' });
  await expect(large.device.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_protocol' });
});

test('a close calls off what is under way', async () => {
  const { device } = await box(() => undefined);
  const asked = device.call('read', 'GET', ['x']);
  await device.close();
  await expect(asked).rejects.toMatchObject({ code: 'aborted' });
});

test('over TLS the certificate is verified: by our authority it passes, by none it does not', async () => {
  const directory = tempDir();
  const authority = await makeAuthority(directory);
  const { cert, key } = await authority.issue('tv.example.net');
  const server = createTlsServer({ cert, key }, (_request, response) => response.end('да'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const base_url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  expect(await connect({ base_url, ca: authority.cert }).call('read', 'GET', ['x'])).toMatchObject({ body: 'да' });
  await expect(connect({ base_url }).call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_identity' });
  const other = connect({ base_url, ca: authority.cert, servername: 'other.example.net' });
  await expect(other.call('read', 'GET', ['x'])).rejects.toMatchObject({ code: 'nas_identity' });
});

test.each<[object, RegExp]>([
  [{ base_url: 'ftp://x/' }, /expected an address like/],
  [{ base_url: 'https://u:p@x/' }, /credentials go into/],
  [{ base_url: 'https://x/?a=1' }, /no \? and no #/],
  [{ base_url: 'http://x/', ca: '-----BEGIN CERTIFICATE-----' }, /means nothing without https/],
  [{ base_url: 'http://x/', token: 'a', user: 'b' }, /one way to be known/],
  [{ base_url: 'http://x/', headers: { Host: 'y' } }, /set by the request/],
  [{ base_url: 'http://x/', headers: { 'X-A': 'a\r\nb: c' } }, /cannot carry/],
])('a profile with %j is refused', (section, words) => {
  const parsed = httpTransport.config.safeParse(section);
  expect(parsed.success ? '' : JSON.stringify(parsed.error.issues)).toMatch(words);
});

test.each<[unknown[], RegExp]>([
  [['TRACE', ['x']], /GET/],
  [['GET', ['x'], { headers: { Authorization: 'x' } }], /may set/],
  [['GET', ['x'], { headers: { 'X-A': 'a\nb' } }], /cannot carry/],
  [['POST', ['x'], { json: 1, form: {} }], /one body/],
  [['GET', ['']], /x|small|1/i],
])("a plugin's %j is refused", (args, words) => {
  const parsed = httpTransport.methods['send']?.args.safeParse(args);
  expect(parsed?.success).toBe(false);
  expect(JSON.stringify(parsed?.error?.issues)).toMatch(words);
});
