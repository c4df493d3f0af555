// Accounts over HTTP: the sides of their state, diagnostics and plans, and nothing secret in any of them.
import { expect, test } from 'vitest';
import type { Outcome } from '#core/model/outcome.ts';
import type { HookRun } from '#core/plugin-host/nas.ts';
import type { KnownAccount } from '#core/store/store.ts';
import { type MemoryWorld, memoryWorld } from './memory-world.ts';
import { problemIn, runningApi } from './running-api.ts';

const psw = 'пароль-абонента';

function account(userId: string, more: Partial<KnownAccount> = {}): KnownAccount {
  const variables = { user_id: userId, login: 'алиса', ip: '10.1.2.3', psw, nas_ip: '10.0.0.1', ...more.variables };
  const desired = { exists: 'true', accept: 'false', rate: '{"rate_in":"10","rate_out":"20"}', 'service:tv': 'on' };
  return {
    userId,
    nasKey: '10.0.0.1',
    desired,
    version: 3,
    goneAt: 0,
    updatedAt: 1_000,
    applied: {},
    ...more,
    variables,
  };
}

interface Row {
  readonly key: string;
  readonly differs: boolean;
}

test('an account shows what it should have beside what was made of it, with the rule of the billing in words', async () => {
  const { get, world } = await runningApi();
  const applied = {
    exists: { value: 'true', job: '1', at: 5_000 },
    accept: { value: 'true', failed: { state: 'dead', reason: 'нет связи', job: '2', at: 6_000 } },
    rate: { value: '{"rate_in":"10","rate_out":"20"}', job: '3', at: 7_000 },
  };
  world.records.set('1001', account('1001', { applied }));
  const shown = await (await get('/v1/accounts/1001')).json();
  expect(shown).toMatchObject({
    user_id: '1001',
    access: 'redirected',
    because: 'blocked by the administrator',
    nas: 'bras-1',
    box: { breaker: 'open', paused: null },
    differing: ['accept', 'service:tv'],
    variables: { login: 'алиса', psw: '***' },
    actual: null,
    state: [
      { key: 'exists', desired: 'true', applied: 'true', differs: false, job: '1' },
      {
        key: 'accept',
        desired: 'false',
        applied: 'true',
        differs: true,
        failed: { state: 'dead', reason: 'нет связи' },
      },
      { key: 'rate', differs: false },
      { key: 'service:tv', desired: 'on', applied: null, differs: true },
    ],
  });
  expect(JSON.stringify(shown)).not.toContain(psw);
});

test('an account is found by login, by address, and by the address or the MAC of its live session', async () => {
  const { get, world } = await runningApi();
  world.records.set('1001', account('1001'));
  world.records.set('1002', account('1002', { variables: { login: 'bob', ip: '10.1.2.4' } }));
  world.book.put({ userId: '1002', framedIp: '10.9.9.9', callingStationId: 'AA-BB-CC-00-00-01' });
  const idBy = async (word: string, by: string) =>
    ((await (await get(`/v1/accounts/${encodeURIComponent(word)}?by=${by}`)).json()) as { user_id?: string }).user_id;
  expect(await idBy('алиса', 'login')).toBe('1001');
  expect(await idBy('10.1.2.4', 'ip')).toBe('1002');
  expect(await idBy('10.9.9.9', 'ip')).toBe('1002');
  expect(await idBy('AA-BB-CC-00-00-01', 'mac')).toBe('1002');
  const wrong = await get('/v1/accounts/10.1.2?by=ip');
  expect([wrong.status, await problemIn(wrong)]).toMatchObject([422, { errors: [{ pointer: '?id' }] }]);
  const missing = await get('/v1/accounts/carol?by=login');
  expect([missing.status, await problemIn(missing)]).toMatchObject([404, { code: 'not_found' }]);
});

test('of several with one login those in the bin do not count; of several that are there none is guessed', async () => {
  const { get, world } = await runningApi();
  world.records.set('1', account('1', { goneAt: 5_000, desired: { exists: 'false' } }));
  world.records.set('2', account('2'));
  const path = `/v1/accounts/${encodeURIComponent('алиса')}?by=login`;
  expect(await (await get(path)).json()).toMatchObject({ user_id: '2' });
  world.records.set('3', account('3'));
  const several = await get(path);
  expect([several.status, (await problemIn(several)).detail]).toEqual([409, expect.stringContaining('2, 3')]);
});

test('accounts are listed page by page, by login and by box', async () => {
  const { get, world } = await runningApi();
  for (const id of ['1', '2', '3']) world.records.set(id, account(id));
  world.records.set('4', account('4', { nasKey: '10.0.0.2', variables: { login: 'bob', nas_ip: '10.0.0.2' } }));
  const list = async (query: string) =>
    (await (await get(`/v1/accounts?${query}`)).json()) as {
      accounts: { user_id: string }[];
      next_cursor: string | null;
    };
  const first = await list('limit=2');
  expect([first.accounts.map(({ user_id }) => user_id), first.next_cursor]).toEqual([['1', '2'], '2']);
  expect((await list('limit=2&cursor=2')).next_cursor).toBeNull();
  expect((await list('login=bob')).accounts).toMatchObject([{ user_id: '4', nas: null, nas_key: '10.0.0.2' }]);
  expect((await list('nas=bras-1')).accounts).toHaveLength(3);
});

/** A box that answers as told; what it was asked is kept. */
function answering(world: MemoryWorld, outcome: Outcome, value: unknown = null): HookRun[] {
  const asked: HookRun[] = [];
  world.box.run = async (run) => {
    asked.push(run);
    const text = `user=${run.account['login']} psw=${run.account['psw']}`;
    const kind = run.dryRun ? 'recorded' : 'received';
    return { outcome, exchanges: [{ at: 1, kind, via: 'coa', text }], value, stack: '', program: 'p' };
  };
  return asked;
}

const silent: Outcome = { type: 'retry', reason: 'No answer.', code: 'nas_timeout' };
const refusal: Outcome = { type: 'refused', reason: 'нельзя', code: 'nas_refused' };

test.each<[Outcome, string]>([
  [{ type: 'done' }, 'answered'],
  [{ type: 'gone', reason: 'not there' }, 'nothing'],
  [{ type: 'unsupported', reason: 'cannot' }, 'unsupported'],
  [silent, 'unreachable'],
  [refusal, 'refused'],
  [{ type: 'refused', reason: 'a bug', code: 'plugin_error' }, 'failed'],
])('a diagnosis that ended %j is "%s"', async (outcome, result) => {
  const { url, world } = await runningApi();
  world.records.set('1001', account('1001'));
  answering(world, outcome, { mac: 'aa', note: `psw is ${psw}` });
  const response = await fetch(`${url}/v1/accounts/1001/diagnostics/user_get_mac`, { method: 'POST' });
  const text = await response.text();
  expect(response.status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ result, nas: 'bras-1', hook: 'user_get_mac' });
  expect(text).not.toContain(psw);
});

test('a diagnosis runs with the rates of now and makes no job; what is no diagnostic is refused with the nearest', async () => {
  const { url, world } = await runningApi();
  world.records.set('1001', account('1001', { variables: { rate_in: '1', rate_out: '1' } }));
  const asked = answering(world, { type: 'done' }, { lists: [{ list: 'auth' }], queue: null });
  const ask = (hook: string) => fetch(`${url}/v1/accounts/1001/diagnostics/${hook}`, { method: 'POST' });
  expect(await (await ask('user_info')).json()).toMatchObject({ text: 'lists\n  - list  auth\nqueue  -' });
  expect(asked).toMatchObject([{ dryRun: false, account: { user_id: '1001', rate_in: '10', rate_out: '20' } }]);
  expect(world.jobs).toEqual([]);
  const wrong = await ask('user_inf');
  expect([wrong.status, await problemIn(wrong)]).toMatchObject([
    422,
    { errors: [{ detail: expect.stringContaining('user_info?') }] },
  ]);
  expect((await ask('users_from_nas')).status).toBe(422);
});

test('no more than a few look at one box at once', async () => {
  const { url, world } = await runningApi();
  world.records.set('1001', account('1001'));
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  world.box.run = async () => {
    await released;
    return { outcome: { type: 'done' }, exchanges: [], value: 1, stack: '', program: 'p' };
  };
  const ask = () => fetch(`${url}/v1/accounts/1001/diagnostics/user_test`, { method: 'POST' });
  const running = [ask(), ask(), ask(), ask(), ask()];
  expect((await Promise.race(running)).status).toBe(429);
  release();
  const statuses = (await Promise.all(running)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 200, 200, 200, 429]);
  expect((await ask()).status).toBe(200);
});

test('the state that the box tells stands beside the others, and what differs is what it says', async () => {
  const { get, world } = await runningApi();
  const applied = { exists: { value: 'true' }, accept: { value: 'false' } };
  world.records.set('1001', account('1001', { applied }));
  answering(world, { type: 'done' }, { user: { exists: true, accept: true, rate: { rate_in: 10, rate_out: 20 } } });
  const read = (await (await get('/v1/accounts/1001?actual=true')).json()) as { state: Row[]; differing: string[] };
  expect(read).toMatchObject({ actual: { result: 'read' }, differing: ['service:tv', 'accept'] });
  expect(read.state).toMatchObject([
    { key: 'exists', actual: 'true', differs: false },
    { key: 'accept', applied: 'false', actual: 'true', differs: true },
    { key: 'rate', applied: null, actual: '{"rate_in":"10","rate_out":"20"}', differs: false },
    { key: 'service:tv', actual: null, differs: true },
  ]);
  answering(world, silent);
  expect(await (await get('/v1/accounts/1001?actual=true')).json()).toMatchObject({
    actual: { result: 'unreachable', reason: 'No answer.' },
  });
});

test('a plan takes the variables of the account, keeps nothing, and names what it cannot know and would supersede', async () => {
  const { url, world, send } = await runningApi();
  world.records.set('1001', account('1001'));
  await send({ hook: 'user_accept', account: { user_id: '1001', nas_ip: '10.0.0.1' } });
  const asked = answering(world, { type: 'done' });
  const plan = (body: unknown) =>
    fetch(`${url}/v1/plan`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const text = await (await plan({ hook: 'user_drop', of: { login: 'алиса' }, variables: { ip: '10.5.5.5' } })).text();
  expect(JSON.parse(text)).toMatchObject({
    dry_run: true,
    steps: [
      {
        hook: 'user_drop',
        nas: 'bras-1',
        outcome: 'done',
        exchanges: [{ kind: 'recorded', text: 'user=алиса psw=***' }],
        unknown: ['coa: whether the box would agree is not known'],
        supersedes: ['1'],
      },
    ],
  });
  expect(text).not.toContain(psw);
  expect(asked).toMatchObject([{ dryRun: true, account: { ip: '10.5.5.5', psw } }]);
  expect(world.jobs).toHaveLength(1);
  const wrong = await plan({ hook: 'user_drop', of: { user_id: '1001' }, variables: { ip: 'nowhere' } });
  expect([wrong.status, await problemIn(wrong)]).toMatchObject([422, { errors: [{ pointer: '/variables/ip' }] }]);
  expect((await plan({ hook: 'user_drop', of: { user_id: '77' } })).status).toBe(404);
});

test('an event can be planned instead of taken; a wrong one is refused as when it were sent', async () => {
  const { world, url } = await runningApi();
  answering(world, { type: 'done' });
  const send = (body: unknown) =>
    fetch(`${url}/v1/events?dry_run=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const event = { hook: 'user_drop', account: { user_id: '5', nas_ip: '10.0.0.1' } };
  const one = await send(event);
  expect([one.status, await one.json()]).toMatchObject([200, { dry_run: true, steps: [{ outcome: 'done' }] }]);
  const many = await send([event, { ...event, account: { user_id: '5', nas_ip: '10.0.0.77' } }]);
  expect(await many.json()).toMatchObject([
    { steps: [{ nas: 'bras-1' }] },
    { steps: [{ nas: null, outcome: 'no_profile' }] },
  ]);
  expect(await problemIn(await send([event, { hook: 'user_drop', account: {} }]))).toMatchObject({
    errors: expect.arrayContaining([expect.objectContaining({ pointer: '/1/account/user_id' })]),
  });
  expect(world.jobs).toEqual([]);
  const wrong = await fetch(`${url}/v1/events?dry_run=1`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  expect(await problemIn(wrong)).toMatchObject({ errors: [{ pointer: '?dry_run' }] });
});

test('who may only look cannot have a box asked by POST, and a billing token sees no account', async () => {
  const world = memoryWorld();
  world.records.set('1001', account('1001'));
  const tokens = [
    { name: 'desk', role: 'viewer' as const, token: 'a-viewer-token-1' },
    { name: 'core', role: 'event' as const, token: 'an-event-token-1' },
  ];
  const { url } = await runningApi({ world, tokens });
  const as = (token: string, path: string, method = 'GET') =>
    fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
  expect(await as('a-viewer-token-1', '/v1/accounts/1001')).toBe(200);
  expect(await as('a-viewer-token-1', '/v1/accounts/1001/diagnostics/user_info', 'POST')).toBe(403);
  expect(await as('a-viewer-token-1', '/v1/plan', 'POST')).toBe(403);
  expect(await as('an-event-token-1', '/v1/accounts/1001')).toBe(403);
});
