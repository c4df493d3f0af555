// Interstellio's clients against our sessions: the requests of the Session Checker and of its client, as they send them.
import { expect, onTestFinished, test } from 'vitest';
import { interstellioRoutes } from '#core/interstellio/routes.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { toldAccount } from '#test/support/told-account.ts';
import { memoryWorld } from '../api/memory-world.ts';
import { runningApi } from '../api/running-api.ts';

const token = 'a-long-enough-token';
const subscriber = '23ffee86-dbe9-11f0-9102-61ef2f83e8d9';

interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
}

async function world({ domain = '' } = {}) {
  const made = memoryWorld();
  const { deps, book, accounts } = made;
  const all = [
    { user_id: subscriber, login: 'customer@circletel.co.za', nas_ip: '10.0.0.1', ip: '100.125.57.136' },
    { user_id: '2', login: 'other@circletel.co.za', nas_ip: '10.0.0.1' },
    { user_id: '3', login: 'сосед@Чужой.пример', nas_ip: '10.0.0.1' },
    { user_id: '4', login: 'bare', nas_ip: '10.0.0.1' },
  ];
  const directory = tempDir();
  const store = await openStore({ directory });
  onTestFinished(() => store.close());
  for (const account of all) await store.write([toldAccount(account)]);
  for (const account of all) accounts.set(account.user_id, account);
  if (deps.sessions === null) throw new Error('no sessions');
  const foreign = interstellioRoutes({
    ...deps.sessions,
    book,
    store,
    domain,
  });
  const { url } = await runningApi({
    world: { ...made, deps: { ...deps, foreign } },
    tokens: [
      { name: 'checker', role: 'operator', token },
      { name: 'eye', role: 'viewer', token: 'another-long-token' },
    ],
  });
  /** As the client class sends it. */
  const call = async <Body>(
    method: string,
    path: string,
    body?: unknown,
    { key = token, as = 'circletel.co.za' }: { key?: string; as?: string } = {},
  ): Promise<Answer<Body>> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        'X-Auth-Token': key,
        'X-Tenant-ID': 'circletel.co.za',
        'X-Domain': Buffer.from(as).toString('latin1'),
        'X-Timezone': 'Africa/Johannesburg',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as Body };
  };
  return { ...made, book, call, store };
}

type Record = { id: string; start_time: string; terminate_cause: string | null; duration: number; username: string };
type Failure = { error: { title: string; description: string; request_id: string } };
type Page<Item> = { payload: Item[]; metadata: { records: number; page: number; pages: number; per_page: number } };

test('records of a day come newest first, one that began before it included, and say why each ended', async () => {
  const { book, call } = await world();
  const of = { userId: subscriber, userName: 'customer@circletel.co.za', callingStationId: '' };
  const at = (text: string) => Date.parse(`2025-12-${text}+02:00`);
  book.put({
    ...of,
    id: 'x',
    startedAt: at('18T23:00:00'),
    endedAt: at('19T01:00:00'),
    terminateCause: 2,
    sessionTime: 7_200,
  });
  book.put({
    ...of,
    id: '4d81f126',
    startedAt: at('19T13:53:15'),
    updatedAt: at('19T14:20:50.132'),
    framedIp: '100.125.57.136',
    sessionTime: 1_655,
  });
  book.put({ ...of, id: 'y', startedAt: at('20T00:30:00') });
  const { status, body } = await call<Record[]>('POST', `/v1/subscriber/${subscriber}/cdr/records`, {
    start_time: '2025-12-19T00:00:00+02:00',
    end_time: '2025-12-19T23:59:59+02:00',
  });
  expect(status).toBe(200);
  expect(body).toMatchObject([
    {
      id: '4d81f126::2025-12-01',
      acct_unique_id: '4d81f126',
      start_time: '2025-12-19T13:53:15.000+02:00',
      update_time: '2025-12-19T14:20:50.132+02:00',
      username: 'customer@circletel.co.za',
      calling_station_id: '100.125.57.136',
      nas_ip_address: '10.0.0.1',
      duration: 1_655,
      terminate_cause: null,
    },
    { id: 'x::2025-12-01', terminate_cause: 'Lost-Carrier', duration: 7_200 },
  ]);
  // What analyzeSessionStatus of the client makes of it.
  expect(body[0]?.terminate_cause === null).toBe(true);
});

test('the window may be named start and end, is at most 32 days, and an empty one is an empty list', async () => {
  const { call } = await world();
  const path = `/v1/subscriber/${subscriber}/cdr/records`;
  const inUse = { start: '2025-12-01T00:00:00+02:00', end: '2026-01-01T23:59:59+02:00' };
  expect(await call('POST', path, inUse)).toEqual({ status: 200, body: [] });
  const long = await call<Failure>('POST', path, { ...inUse, end: '2026-01-03T00:00:00+02:00' });
  expect(long).toMatchObject({
    status: 400,
    body: { error: { title: 'Bad Request', description: expect.stringContaining('32 days') } },
  });
  expect(long.body.error.request_id).not.toBe('');
  expect((await call('POST', path, {})).status).toBe(400);
});

test('a token that is wrong, or has not the role, fails in their shape', async () => {
  const { call, book } = await world();
  book.put({ id: 'a', userId: subscriber });
  expect(await call('GET', '/v1/subscribers', undefined, { key: 'wrong' })).toMatchObject({
    status: 401,
    body: { error: { title: 'Unauthorized', description: expect.any(String) } },
  });
  expect((await call('DELETE', '/v1/disconnect/a', undefined, { key: 'another-long-token' })).status).toBe(403);
  expect(await call('GET', '/v2/session/none')).toMatchObject({ status: 404, body: { error: { title: 'Not Found' } } });
});

test('active sessions of a subscriber are paged, filtered and sorted', async () => {
  const { call, book } = await world();
  for (const id of ['a', 'b', 'c'])
    book.put({ id, userId: subscriber, framedIp: `10.0.0.${id.charCodeAt(0)}`, userName: 'customer@circletel.co.za' });
  book.put({ id: 'gone', userId: subscriber });
  book.stop('gone');
  const page = (query: string) =>
    call<Page<{ id: string; realm: string }>>('GET', `/v2/sessions/${subscriber}?${query}`);
  const first = await page('l=2&p=1&sc=framed_ip_address&sd=desc');
  expect(first.body.payload.map(({ id }) => id)).toEqual(['c', 'b']);
  expect(first.body.metadata).toEqual({ records: 3, page: 1, pages: 2, per_page: 2 });
  expect((await page('l=2&p=2&sc=framed_ip_address&sd=desc')).body.payload.map(({ id }) => id)).toEqual(['a']);
  expect((await page('framed_ip_address=10.0.0.98')).body.payload).toMatchObject([
    { id: 'b', realm: 'circletel.co.za' },
  ]);
  expect((await page('l=51')).status).toBe(422);
  expect((await call<{ id: string }>('GET', '/v2/session/a')).body).toMatchObject({
    id: 'a',
    subscriber_id: subscriber,
  });
});

test('disconnecting answers 204 when it is over, 202 when the Stop is not seen yet, and why not', async () => {
  const { call, book, deps, change } = await world();
  deps.onJobChange((job) => {
    if (job.state !== 'waiting') return;
    setImmediate(() => {
      if (job.account['acct_session_id'] === 'bad')
        return void change(job.id, { state: 'refused', code: 'nas_refused', reason: 'Disconnect-NAK', attempt: 1 });
      change(job.id, { state: 'done', attempt: 1 });
      book.stop(job.account['acct_session_id'] ?? '', 6);
    });
  });
  for (const id of ['a', 'b', 'c']) book.put({ id, acctSessionId: id, userId: subscriber });
  expect(await call('DELETE', '/v1/disconnect/a')).toEqual({ status: 204, body: undefined });
  expect((await call('DELETE', '/v1/disconnect/a')).status).toBe(404);
  expect((await call('DELETE', `/v1/disconnect/subscriber/${subscriber}`)).status).toBe(204);
  expect((await call('DELETE', `/v1/disconnect/subscriber/${subscriber}`)).status).toBe(204);
  book.put({ id: 'd', acctSessionId: 'bad', userId: subscriber });
  expect(await call('DELETE', '/v1/disconnect/d')).toMatchObject({
    status: 409,
    body: { error: { description: expect.stringContaining('Disconnect-NAK') } },
  });
});

test('subscribers are found by username with a wildcard, and by id', async () => {
  const { call } = await world();
  type Subscriber = { id: string; username: string };
  const find = async (query: string) => (await call<Page<Subscriber>>('GET', `/v1/subscribers?${query}`)).body;
  expect((await find('username=customer@circletel.co.za')).payload[0]?.id).toBe(subscriber);
  expect((await find('username=*@circletel.co.za&l=1&p=2')).payload).toMatchObject([{ id: subscriber }]);
  expect((await find('')).metadata.records).toBe(2);
  expect((await find(`id=${subscriber}`)).payload).toMatchObject([{ username: 'customer@circletel.co.za' }]);
});

test('a list that would be cut is refused, and its pages are all there', async () => {
  const { call, book, store } = await world();
  const many = Array.from({ length: 10_001 }, (_, n) => ({ user_id: `u${n}`, login: `абонент-${n}@circletel.co.za` }));
  await store.write(many.map((account) => toldAccount(account)));
  const all = await call<Failure>('GET', '/v1/subscribers?l=-1');
  expect(all).toMatchObject({
    status: 400,
    body: { error: { description: expect.stringMatching(/^10003 subscribers/) } },
  });
  const last = await call<Page<{ username: string }>>('GET', '/v1/subscribers?l=50&p=201');
  expect(last.body).toMatchObject({ metadata: { records: 10_003, pages: 201 } });
  expect(last.body.payload).toHaveLength(3);
  expect((await call<Page<object>>('GET', '/v1/subscribers?l=-1&username=*-10*')).body.payload).toHaveLength(112);

  const startedAt = Date.parse(window.start_time);
  for (let n = 0; n < 20_001; n++)
    book.put({ id: `s${n}`, userId: subscriber, startedAt: startedAt + n, endedAt: startedAt + n + 1 });
  expect(await call<Failure>('POST', `/v1/subscriber/${subscriber}/cdr/records`, window)).toMatchObject({
    status: 400,
    body: { error: { description: expect.stringContaining('20000 records or more') } },
  });
});

const window = { start_time: '2025-12-19T00:00:00+02:00', end_time: '2025-12-19T23:59:59+02:00' };

test('X-Domain: what belongs to another domain is not there, and nothing of it can be ended', async () => {
  const { call, book } = await world();
  book.put({ id: 'theirs', userId: '3', userName: 'AA-BB-CC-00-00-01' });
  book.put({ id: 'ours', userId: subscriber, userName: 'AA-BB-CC-00-00-02' });
  book.put({ id: 'unclaimed', userName: 'гость@чужой.пример' });
  for (const [method, path, body] of [
    ['POST', '/v1/subscriber/3/cdr/records', window],
    ['POST', `/v1/subscriber/${encodeURIComponent('сосед@Чужой.пример')}/cdr/records`, window],
    ['GET', '/v2/sessions/3'],
    ['GET', '/v2/session/theirs'],
    ['GET', '/v2/session/unclaimed'],
    ['DELETE', '/v1/disconnect/theirs'],
    ['DELETE', '/v1/disconnect/subscriber/3'],
  ] as const) {
    expect(await call(method, path, body), path).toMatchObject({
      status: 404,
      body: { error: { title: 'Not Found', description: expect.stringContaining('circletel.co.za') } },
    });
  }
  expect(await book.count({ conditions: [] })).toBe(3);
  expect((await call('GET', '/v2/session/ours')).status).toBe(200);
  expect((await call('GET', '/v2/session/theirs', undefined, { as: 'чужой.ПРИМЕР' })).status).toBe(200);
  expect((await call('GET', '/v2/session/theirs', undefined, { as: '' })).status).toBe(200);
});

test('subscribers are those of X-Domain, each with its own domain, and all without it', async () => {
  const { call } = await world();
  type Subscriber = { id: string; domain: string };
  const found = async (query: string, as: string) => {
    const { payload, metadata } = (await call<Page<Subscriber>>('GET', `/v1/subscribers?${query}`, undefined, { as }))
      .body;
    return { all: payload.map(({ id, domain }) => `${id} ${domain}`), records: metadata.records };
  };
  expect(await found('', 'Circletel.co.za')).toEqual({
    all: [`2 circletel.co.za`, `${subscriber} circletel.co.za`],
    records: 2,
  });
  expect(await found('l=1&p=2', 'circletel.co.za')).toMatchObject({
    all: [`${subscriber} circletel.co.za`],
    records: 2,
  });
  expect(await found('id=3', 'circletel.co.za')).toEqual({ all: [], records: 0 });
  expect(await found('username=*', '_ircletel.co.za')).toEqual({ all: [], records: 0 });
  expect((await found('', '')).all).toEqual([
    '2 circletel.co.za',
    `${subscriber} circletel.co.za`,
    '3 чужой.пример',
    '4 ',
  ]);
});

test('logins without a realm are of the domain of the settings; with none, that is said', async () => {
  const bare = await world();
  expect(await bare.call('GET', '/v2/sessions/4')).toMatchObject({
    status: 404,
    body: { error: { description: expect.stringContaining('compat.interstellio.domain') } },
  });
  const { call } = await world({ domain: 'CircleTel.co.za' });
  expect((await call('GET', '/v2/sessions/4')).status).toBe(200);
  expect((await call('GET', '/v2/sessions/4', undefined, { as: 'other' })).status).toBe(404);
  const all = await call<Page<{ id: string }>>('GET', '/v1/subscribers');
  expect(all.body.payload.map(({ id }) => id)).toEqual(['2', subscriber, '4']);
});
