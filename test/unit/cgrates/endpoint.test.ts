// CGRateS's clients against our sessions: JSON-RPC 1.0 and 2.0, and every name of SessionSv1.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { alterAll } from '#core/cgrates/alter-all.ts';
import { cgratesRoutes } from '#core/cgrates/endpoint.ts';
import { notHere } from '#core/cgrates/not-here.ts';
import { OssiaError } from '#core/errors.ts';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import type { SessionActions } from '#core/sessions/actions.ts';
import { memoryWorld } from '../api/memory-world.ts';
import { runningApi } from '../api/running-api.ts';

const token = 'a-long-enough-token';

async function world({ tenant = '' } = {}) {
  const made = memoryWorld();
  const { deps, book } = made;
  if (deps.sessions === null) throw new Error('no sessions');
  const records: AccountingRecord[] = [];
  const syncFailures: string[] = [];
  const foreign = cgratesRoutes({
    ...deps.sessions,
    book,
    async sink(record) {
      records.push(record);
      const id = `${record.nas} ${record.acctSessionId}`;
      const known = await book.get(id);
      if (record.status === 'stop') book.stop(id, record.terminateCause, record.at);
      else if (known === undefined) book.put({ id, acctSessionId: record.acctSessionId, userName: record.userName });
    },
    nasOf: (address) => (address === '10.0.0.1' ? 'bras-1' : undefined),
    syncAll: async () => syncFailures,
    tenant,
    log: deps.log,
  });
  const { url } = await runningApi({
    world: { ...made, deps: { ...deps, foreign } },
    tokens: [
      { name: 'agent', role: 'admin', token },
      { name: 'eye', role: 'viewer', token: 'another-long-token' },
    ],
  });
  const post = async (body: unknown, key = token) => {
    const response = await fetch(`${url}/jsonrpc`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) };
  };
  const two = async (method: string, params: unknown = {}, key = token) =>
    (await post({ jsonrpc: '2.0', id: 7, method: `SessionSv1.${method}`, params: [params] }, key)).body;
  return { ...made, book, records, syncFailures, post, two };
}

const alice = { Filters: ['*string:~*req.Account:alice'] };
const failing = (message: unknown) => ({ jsonrpc: '2.0', id: 7, error: { message } });

test('active sessions are listed by filters and counted, in the shape of CGRateS', async () => {
  const { two, book } = await world();
  const startedAt = Date.parse('2026-11-21T10:00:00Z');
  book.put({ id: 'a', userName: 'alice', startedAt, sessionTime: 90, plan: 'home', inputOctets: 5e12 });
  book.put({ id: 'b', userName: 'bob', framedIp: '10.2.0.1' });
  book.put({ id: 'c', userName: 'carol', framedIp: '192.168.0.1' });
  expect(await two('GetActiveSessions', { ...alice, Tenant: 'cgrates.org' })).toMatchObject({
    jsonrpc: '2.0',
    id: 7,
    result: [
      {
        CGRID: 'a',
        OriginHost: '10.0.0.1',
        Account: 'alice',
        Tenant: 'cgrates.org',
        AnswerTime: '2026-11-21T10:00:00.000Z',
        Usage: 90_000_000_000,
        ExtraFields: { FramedIP: '10.1.2.3', Plan: 'home', InputOctets: '5000000000000' },
      },
    ],
  });
  const count = async (...filters: string[]) => (await two('GetActiveSessionsCount', { Filters: filters }))?.['result'];
  expect(await count()).toBe(3);
  expect(await count('*string:~*req.Account:alice|bob')).toBe(2);
  expect(await count('*string:~*req.Account:alice|bob', '*notstring:~*req.Account:bob')).toBe(1);
  expect(await count('*prefix:~*req.login:al')).toBe(1);
  expect(await count('*ipnet:~*req.Framed-IP-Address:10.0.0.0/8')).toBe(2);
  expect(await count('*string:~*req.Account:eve')).toBe(0);
  expect((await two('GetActiveSessions', { Limit: 2 }))?.['result']).toHaveLength(2);
  expect(await two('GetActiveSessions', { Filters: ['*string:~*req.Account:eve'] })).toMatchObject(
    failing('NOT_FOUND'),
  );
  expect(await two('GetPassiveSessions')).toMatchObject(failing('NOT_FOUND'));
  expect(await two('GetPassiveSessionsCount')).toMatchObject({ result: 0 });
});

test('a filter that is not understood is refused, never left out', async () => {
  const { two, book } = await world();
  book.put({ id: 'a' });
  const wrong = [
    'FLTR_1',
    '*string:~*req.Acount:alice',
    '*regex:~*req.Account:.*',
    '*string:~*req.Account:',
    '*prefix:~*req.Account:a|b',
  ];
  for (const filter of wrong)
    for (const method of ['GetActiveSessionsCount', 'ForceDisconnect'])
      expect(await two(method, { Filters: [filter] }), filter).toMatchObject({ error: { code: -32_602 } });
});

test("an agent's calls are accounting: a session begins, goes on and ends once", async () => {
  const { two, records, book } = await world();
  const Event = {
    OriginID: '81000001',
    OriginHost: '10.0.0.1',
    Account: 'алиса',
    AnswerTime: '2026-11-21T10:00:00Z',
    FramedIP: '10.1.2.3',
  };
  expect(await two('InitiateSession', { CGREvent: { Tenant: 'cgrates.org', ID: '1', Event } })).toMatchObject({
    result: { MaxUsage: -1 },
  });
  expect(await two('InitiateSession', { Event })).toMatchObject(failing('EXISTS'));
  expect(await two('UpdateSession', { Event: { ...Event, Usage: 60_000_000_000, InputOctets: 700 } })).toMatchObject({
    result: { MaxUsage: -1 },
  });
  const end = { ...Event, Usage: '1m30s', DisconnectCause: 'Lost-Carrier' };
  expect(await two('TerminateSession', { Event: end })).toMatchObject({ result: 'OK' });
  expect(await two('ProcessCDR', { Event: end })).toMatchObject({ result: 'OK' });
  expect(records).toMatchObject([
    { status: 'start', nas: 'bras-1', userName: 'алиса', at: Date.parse('2026-11-21T10:00:00Z'), framedIp: '10.1.2.3' },
    { status: 'interim', sessionTime: 60, inputOctets: 700 },
    { status: 'stop', sessionTime: 90, terminateCause: 2, at: Date.parse('2026-11-21T10:01:30Z') },
    { status: 'stop' },
  ]);
  expect(await book.count({ conditions: [], state: 'closed' })).toBe(1);
  expect(await two('UpdateSession', { Event: { OriginID: '1' } })).toMatchObject(
    failing('MANDATORY_IE_MISSING: [OriginHost]'),
  );
  expect(await two('UpdateSession', {})).toMatchObject(failing('MANDATORY_IE_MISSING: [CGREvent]'));
  expect(await two('UpdateSession', { Event: { ...Event, OriginHost: '9.9.9.9' } })).toMatchObject(
    failing(expect.stringContaining('NOT_FOUND')),
  );
});

test('ProcessEvent does what its flags say and refuses those that mean money', async () => {
  const { two, records } = await world();
  const Event = { OriginID: '1', OriginHost: '10.0.0.1', Account: 'alice' };
  expect(await two('ProcessEvent', { Flags: ['*rals:*initiate'], Event })).toMatchObject({ result: { MaxUsage: -1 } });
  expect(await two('ProcessEvent', { Flags: ['*terminate', '*cdrs'], Event })).toMatchObject({
    result: { MaxUsage: -1 },
  });
  expect(records.map(({ status }) => status)).toEqual(['start', 'stop']);
  expect(await two('ProcessEvent', { Flags: ['*update', '*routes'], Event })).toMatchObject(
    failing(expect.stringContaining('*routes')),
  );
  expect(records).toHaveLength(2);
});

test('ForceDisconnect ends what its filter finds, says what was left, and never all', async () => {
  const { two, book, deps, change, jobs } = await world();
  deps.onJobChange((job) => {
    if (job.state !== 'waiting') return;
    setImmediate(() => {
      const isBob = job.account['login'] === 'bob';
      change(
        job.id,
        isBob ? { state: 'refused', code: 'nas_refused', reason: 'NAK', attempt: 1 } : { state: 'done', attempt: 1 },
      );
      if (!isBob) book.stop(job.account['acct_session_id'] ?? '', 6);
    });
  });
  for (const id of ['a', 'b']) book.put({ id, acctSessionId: id, userName: 'alice' });
  book.put({ id: 'bob', acctSessionId: 'bob', userName: 'bob' });
  expect(await two('ForceDisconnect', {})).toMatchObject(
    failing(expect.stringContaining('MANDATORY_IE_MISSING: [Filters]')),
  );
  expect(jobs).toEqual([]);
  expect(await two('ForceDisconnect', alice)).toMatchObject({ result: 'OK' });
  expect(await two('ForceDisconnect', alice)).toMatchObject(failing('NOT_FOUND'));
  expect(await two('ForceDisconnect', { Filters: ['*string:~*req.Account:bob'] })).toMatchObject(
    failing('PARTIALLY_EXECUTED: 0 of 1; bob nak (NAK)'),
  );
});

test('AlterSessions changes rates by CoA and nothing else', async () => {
  const { two, book, deps, change, jobs } = await world();
  deps.onJobChange((job) => {
    if (job.state === 'waiting') setImmediate(() => change(job.id, { state: 'done', attempt: 1 }));
  });
  book.put({ id: 'a', userName: 'alice' });
  const Event = { rate_in: '500', rate_out: 500 };
  expect(await two('AlterSessions', { ...alice, Event })).toMatchObject({ result: 'OK' });
  expect(jobs).toMatchObject([{ hook: 'user_rate_set', account: { login: 'alice', rate_in: '500', rate_out: '500' } }]);
  expect(await two('AlterSessions', { ...alice, Event: { nas_ip: '1.1.1.1' } })).toMatchObject(
    failing(expect.stringContaining('nas_ip')),
  );
});

test('AlterSessions asks a bounded number of boxes at once, and one that fails takes no other answer with it', async () => {
  const { book, deps } = await world();
  if (deps.sessions === null) throw new Error('no sessions');
  const sessions = Array.from({ length: 300 }, (_, n) => book.put({ id: `s${n}`, userName: `абонент-${n}` }));
  let running = 0;
  let most = 0;
  const waits: number[] = [];
  const actions: Pick<SessionActions, 'alter'> = {
    async alter(session, _what, { wait }) {
      running++;
      most = Math.max(most, running);
      waits.push(wait);
      await turn();
      running--;
      if (session.id === 's7') throw new OssiaError('store_failed', 'Диск полон.');
      return { session, outcome: 'ack', ended: false, job: null, reason: '', said: '', errorCause: '', attempts: 1 };
    },
  };
  const hook = { hook: 'user_rate_set', variables: { rate_in: '500' } };

  const done = await alterAll(actions, { sessions, hook, order: { by: 'agent', reason: 'test', wait: 10_000 } });

  expect(most).toBe(64);
  expect(done.map(({ session }) => session.id)).toEqual(sessions.map(({ id }) => id));
  expect(done.filter(({ outcome }) => outcome !== 'ack')).toMatchObject([
    { session: { id: 's7' }, outcome: 'failed', reason: 'Диск полон.' },
  ]);
  // One wait for all of them, not one for each.
  expect(Math.max(...waits)).toBeLessThanOrEqual(10_000);
  expect(waits.at(-1)).toBeLessThanOrEqual(waits[0] ?? 0);
});

test('options that ask for what is not here are refused with the reason, wherever they stand', async () => {
  const { two, records } = await world();
  const Event = { OriginID: '1', OriginHost: '10.0.0.1', Account: 'алиса' };
  const refused = failing(
    expect.stringMatching(/^NOT_IMPLEMENTED: \*sessionsTTL is not in this product, because .*session_ttl/),
  );
  const options = { '*sessionsTTL': '30s' };
  for (const params of [
    { Event, APIOpts: options },
    { CGREvent: { Event, APIOpts: options } },
    { CGREvent: { Event, Opts: options } },
    { Event: { ...Event, ...options } },
  ])
    expect(await two('InitiateSession', params)).toMatchObject(refused);
  expect(await two('UpdateSession', { Event, APIOpts: { '*sessionsChargeable': false } })).toMatchObject(
    failing(expect.stringContaining('*sessionsChargeable is not in this product, because usage')),
  );
  expect(records).toEqual([]);
  expect(await two('InitiateSession', { Event, APIOpts: { '*accountProfileIDs': [] } })).toMatchObject({
    result: { MaxUsage: -1 },
  });
});

test('SyncSessions compares the boxes, and names those that could not be', async () => {
  const { two, syncFailures } = await world();
  expect(await two('SyncSessions')).toMatchObject({ result: 'OK' });
  syncFailures.push('bras-1 unreachable: no answer');
  expect(await two('SyncSessions')).toMatchObject(failing('PARTIALLY_EXECUTED: bras-1 unreachable: no answer'));
});

test('every name that means nothing here says why, and one that nobody knows is not found', async () => {
  const { two } = await world();
  for (const name of Object.keys(notHere))
    expect(await two(name), name).toMatchObject(
      failing(expect.stringMatching(/^NOT_IMPLEMENTED: .* not in this product, because \w/)),
    );
  for (const name of [
    'AuthorizeEvent',
    'ActivateSessions',
    'DeactivateSessions',
    'ReplicateSessions',
    'SetPassiveSession',
  ])
    expect(Object.keys(notHere)).toContain(name);
  expect(await two('GetActivSessions')).toMatchObject({ error: { code: -32_601 } });
  expect(await two('constructor')).toMatchObject({ error: { code: -32_601 } });
});

test('both versions of JSON-RPC are spoken, with batches, notifications and wrong requests', async () => {
  const { post, book } = await world();
  book.put({ id: 'a' });
  const method = 'SessionSv1.GetActiveSessionsCount';
  expect(await post({ method, params: [{}], id: 3 })).toEqual({ status: 200, body: { id: 3, result: 1, error: null } });
  expect(await post({ method: 'SessionSv1.GetCost', params: [{}], id: 4 })).toMatchObject({
    body: { id: 4, result: null, error: expect.stringContaining('NOT_IMPLEMENTED') },
  });
  expect(await post({ jsonrpc: '2.0', method, params: {} })).toEqual({ status: 204, body: undefined });
  const batch = [
    { jsonrpc: '2.0', method, id: 'x' },
    { jsonrpc: '2.0', method },
    { jsonrpc: '2.0', method: 'No', id: null },
    5,
  ];
  expect((await post(batch)).body).toMatchObject([
    { id: 'x', result: 1 },
    { id: null, error: { code: -32_601 } },
    { id: null, error: { code: -32_600 } },
  ]);
  expect((await post([])).body).toMatchObject({ error: { code: -32_600 } });
  expect((await post({ jsonrpc: '2.0', id: 1, method, params: ['text'] })).body).toMatchObject({
    error: { code: -32_602 },
  });
});

test('who may only look cannot end sessions or send events, and who is unknown may nothing', async () => {
  const { two, post, book } = await world();
  book.put({ id: 'a', userName: 'alice' });
  expect(await two('GetActiveSessionsCount', {}, 'another-long-token')).toMatchObject({ result: 1 });
  for (const name of ['ForceDisconnect', 'InitiateSession', 'SyncSessions'])
    expect(await two(name, alice, 'another-long-token')).toMatchObject(failing(expect.stringContaining('role viewer')));
  expect(
    (await post({ jsonrpc: '2.0', id: 1, method: 'SessionSv1.GetActiveSessionsCount' }, 'nobody-knows-this')).status,
  ).toBe(401);
});

test('calls for another tenant than the one of the settings are refused, those without one and for it are taken', async () => {
  const { two, book, records } = await world({ tenant: 'провайдер' });
  book.put({ id: 'a' });
  const refused = { error: { message: expect.stringContaining('there is no tenant cgrates.org') } };
  const event = { OriginID: '1', OriginHost: '10.0.0.1', Account: 'алиса' };
  const filters = { Filters: ['*string:~*req.Account:alice'] };
  for (const [method, params] of [
    ['GetActiveSessions', {}],
    ['GetActiveSessionsCount', {}],
    ['ForceDisconnect', filters],
    ['InitiateSession', { Event: event }],
  ] as const)
    expect(await two(method, { ...params, Tenant: 'cgrates.org' }), method).toMatchObject(refused);
  expect(await two('TerminateSession', { CGREvent: { Tenant: 'cgrates.org', Event: event } })).toMatchObject(refused);
  expect(records).toEqual([]);
  expect(await two('GetActiveSessionsCount', { Tenant: 'провайдер' })).toMatchObject({ result: 1 });
  expect(await two('GetActiveSessionsCount', {})).toMatchObject({ result: 1 });
});
