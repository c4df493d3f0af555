// Node's own HTTPS client against our simulator's REST: who asks as MikroTik's manual says gets the answers that it prints.
import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

interface Section {
  readonly port: number;
  readonly fingerprint: string;
  readonly user: string;
  readonly password: string;
}

async function connect() {
  const simulator = await startSimulator({
    state: { '/ppp/active': [{ name: 'алиса', service: 'pppoe', address: '100.64.0.7' }] },
  });
  onTestFinished(() => simulator.close());
  const section = simulator.ways?.['REST']?.['routeros'] as unknown as Section;
  async function ask(method: string, path: string, body?: unknown, password = section.password) {
    const text = body === undefined ? '' : JSON.stringify(body);
    return new Promise<{ status: number; answer: unknown; fingerprint: string }>((resolve, reject) => {
      const asked = request(
        {
          host: '127.0.0.1',
          port: section.port,
          path: `/rest${path}`,
          method,
          auth: `${section.user}:${password}`,
          // The test compares the certificate itself.
          rejectUnauthorized: false,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        },
        async (response) => {
          const { fingerprint256 } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
          const isEmpty = response.headers['content-type'] === undefined;
          if (isEmpty) response.resume();
          const answer = isEmpty ? null : await json(response);
          const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
          resolve({ status: response.statusCode ?? 0, answer, fingerprint });
        },
      );
      asked.on('error', reject);
      asked.end(text);
    });
  }
  return { simulator, section, ask };
}

const lists = '/ip/firewall/address-list';

test('PUT adds, GET reads, PATCH changes, DELETE removes once', async () => {
  const { simulator, ask } = await connect();
  const added = await ask('PUT', lists, { list: 'crb_auth', address: '10.1.2.3/32' });
  expect(added).toMatchObject({ status: 200, answer: { '.id': '*3', address: '10.1.2.3', disabled: 'false' } });
  expect((await ask('GET', `${lists}/*3`)).answer).toEqual(added.answer);
  expect((await ask('PATCH', `${lists}/*3`, { comment: 'должник' })).answer).toMatchObject({ comment: 'должник' });
  expect((await ask('GET', `${lists}?list=crb_auth&.proplist=address,comment`)).answer).toEqual([
    { address: '10.1.2.3', comment: 'должник' },
  ]);
  expect(simulator.state()).toMatchObject({ [lists]: [{ comment: 'должник' }] });
  expect(await ask('DELETE', `${lists}/*3`)).toMatchObject({ status: 204, answer: null });
  expect(await ask('DELETE', `${lists}/*3`)).toMatchObject({
    status: 404,
    answer: { error: 404, message: 'Not Found' },
  });
});

test('POST runs any command, and print with words to ask and to choose', async () => {
  const { ask } = await connect();
  for (const list of ['a', 'b', 'c']) await ask('PUT', lists, { list, address: '10.0.0.1' });
  const query = { '.proplist': ['list'], '.query': ['list=a', 'list=b', '#|'] };
  expect((await ask('POST', `${lists}/print`, query)).answer).toEqual([{ list: 'a' }, { list: 'b' }]);
  expect((await ask('POST', `${lists}/print`, { '.proplist': 'list,address', '.query': ['list=c'] })).answer).toEqual([
    { list: 'c', address: '10.0.0.1' },
  ]);
  expect((await ask('POST', `${lists}/add`, { list: 'd', address: '10.0.0.1' })).answer).toEqual({ ret: '*6' });
  expect((await ask('POST', `${lists}/set`, { '.id': '*6', list: 'e' })).answer).toEqual([]);
  expect((await ask('POST', `${lists}/print`, { '.query': ['list=nobody'] })).answer).toEqual([]);
  const pings = await ask('POST', '/ping', { address: '100.64.0.7', count: 2 });
  expect(pings.answer).toMatchObject([{ sent: '1', received: '1' }, { sent: '2' }]);
});

test('refusals are JSON with the words of the console', async () => {
  const { section, ask } = await connect();
  await ask('PUT', lists, { list: 'a', address: '10.0.0.1' });
  expect(await ask('PUT', lists, { list: 'a', address: '10.0.0.1' })).toMatchObject({
    status: 400,
    answer: { error: 400, message: 'Bad Request', detail: 'failure: already have such entry' },
  });
  expect(await ask('GET', '/no/such/menu')).toMatchObject({ status: 400, answer: { error: 400 } });
  expect(await ask('DELETE', `${lists}/%2A3`)).toMatchObject({
    status: 400,
    answer: { detail: 'missing or invalid resource identifier' },
  });
  expect(await ask('GET', lists, undefined, 'guessed')).toMatchObject({ status: 401, answer: { error: 401 } });
  expect((await ask('GET', lists)).fingerprint).toBe(section.fingerprint);
});
