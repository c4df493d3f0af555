// Who may do what over HTTP, and that tokens stay secret.
import { expect, test } from 'vitest';
import { type ApiToken, roles } from '#core/api/access.ts';
import { startApi } from '#core/api/server.ts';
import { memoryWorld } from './memory-world.ts';
import { drop, plainRequest, problemIn, runningApi } from './running-api.ts';

const tokens: readonly ApiToken[] = Object.keys(roles).map((role) => ({
  name: `the ${role}`,
  role: role as keyof typeof roles,
  token: `secret-token-of-${role}`,
}));
const bearer = (role: string) => ({ authorization: `Bearer secret-token-of-${role}` });

test.each([
  ['event', { send: 202, read: 403, act: 403 }],
  ['viewer', { send: 403, read: 200, act: 403 }],
  ['operator', { send: 403, read: 200, act: 200 }],
  ['admin', { send: 202, read: 200, act: 200 }],
])('a token of role %s is allowed %o', async (role, expected) => {
  const { send, get, url } = await runningApi({ tokens });
  await send(drop({ id: 'first' }), bearer('admin'));
  const sent = await send(drop(), bearer(role));
  const read = await get('/v1/jobs', bearer(role));
  const metrics = await get('/metrics', bearer(role));
  const acted = await fetch(`${url}/v1/jobs/1/retry`, { method: 'POST', headers: bearer(role) });
  expect({ send: sent.status, read: read.status, act: acted.status }).toEqual(expected);
  expect(metrics.status).toBe(expected.read);
  if (expected.act === 403)
    expect(await problemIn(acted)).toMatchObject({
      code: 'forbidden',
      detail: expect.stringContaining('operator or admin'),
    });
});

test.each([
  ['none', {}],
  ['an unknown one', { authorization: 'Bearer secret-token-of-nobody' }],
  ['the beginning of a right one', { authorization: 'Bearer secret-token-of-admi' }],
  ['a right one under another scheme', { authorization: 'Basic secret-token-of-admin' }],
  ['an endless one', { authorization: `Bearer ${'a'.repeat(5_000)}` }],
])('a request with %s is answered 401, its body unread', async (_which, headers) => {
  const { send, world } = await runningApi({ tokens });
  const response = await send('{ not even JSON', headers);
  expect(response.status).toBe(401);
  expect(response.headers.get('www-authenticate')).toBe('Bearer');
  expect((await problemIn(response)).code).toBe('unauthorized');
  expect(world.jobs).toHaveLength(0);
});

test('health is open to a supervisor without a token, and to any Host when tokens are set', async () => {
  const { api } = await runningApi({ tokens });
  const headers = { host: 'ossia.example' };
  expect((await plainRequest({ port: api.port, path: '/healthz', headers })).status).toBe(200);
  expect((await plainRequest({ port: api.port, path: '/v1/jobs', headers })).status).toBe(401);
});

test('tokens appear neither in the log at its most talkative nor in any answer', async () => {
  const world = memoryWorld({ level: 'debug' });
  const { send, get } = await runningApi({ tokens, world });
  world.failure = new Error('a bug');
  const texts = await Promise.all([
    send(drop(), bearer('admin')).then((response) => response.text()),
    send('{', bearer('event')).then((response) => response.text()),
    get('/v1/jobs', bearer('event')).then((response) => response.text()),
    get('/v1/jobs?token=secret-token-of-admin', bearer('viewer')).then((response) => response.text()),
    get('/v1/openapi.json').then((response) => response.text()),
  ]);
  expect(world.logged()).toContain('"msg":"request"');
  expect(world.logged()).toContain('"msg":"request failed"');
  for (const text of [world.logged(), ...texts]) expect(text).not.toContain('secret-token-of');
});

test('startApi refuses to be reachable from other machines without tokens', async () => {
  const { deps } = memoryWorld();
  const start = startApi({ host: '0.0.0.0', port: 0, socket: null, tokens: [] }, deps);
  await expect(start).rejects.toMatchObject({
    code: 'config_invalid',
    message: expect.stringMatching(/0\.0\.0\.0.*tokens/),
  });
});

test('startApi listens beyond this machine when there are tokens', async () => {
  const { api } = await runningApi({ tokens, host: '0.0.0.0' });
  expect((await plainRequest({ port: api.port, path: '/v1/jobs', headers: bearer('viewer') })).status).toBe(200);
});
