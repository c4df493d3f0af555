// What the API shows of sessions: lists by any field, counts, one, histories in windows, and the support desk's view.
import { expect, test } from 'vitest';
import { problemIn, runningApi } from './running-api.ts';

interface Page {
  readonly sessions: readonly { readonly id: string; readonly state: string }[];
  readonly next_cursor: string | null;
}

async function withSessions() {
  const running = await runningApi();
  const { book, accounts } = running.world;
  accounts.set('1001', { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' });
  const now = Date.now();
  book.put({ id: 'a', userName: 'алиса', userId: '1001', framedIp: '10.1.0.1', startedAt: now - 5_000 });
  book.put({ id: 'b', userName: 'bob', framedIp: '10.2.0.1', nas: 'core-2', startedAt: now - 4_000 });
  book.put({ id: 'c', userName: 'алиса', framedIp: '192.168.0.1', startedAt: now - 3_000 });
  book.stop('c', 2);
  const json = async (path: string) => (await (await running.get(path)).json()) as Record<string, unknown>;
  const ids = async (query: string) =>
    ((await json(`/v1/sessions?${query}`)) as unknown as Page).sessions.map(({ id }) => id);
  const wrong = async (path: string) => {
    const response = await running.get(path);
    expect(response.status).toBe(422);
    return (await problemIn(response)).errors ?? [];
  };
  return { ...running, book, json, ids, wrong };
}

test('sessions are found by field, operator and state, oldest start first', async () => {
  const { ids } = await withSessions();
  const alice = encodeURIComponent('алиса');
  expect(await ids('')).toEqual(['a', 'b']);
  expect(await ids('state=any')).toEqual(['a', 'b', 'c']);
  expect(await ids('state=closed')).toEqual(['c']);
  expect(await ids(`login=${alice}`)).toEqual(['a']);
  expect(await ids(`login=${alice}&state=any`)).toEqual(['a', 'c']);
  expect(await ids('framed_ip=10.0.0.0/8')).toEqual(['a', 'b']);
  expect(await ids('framed_ip=10.0.0.0/8&nas.not=core-2')).toEqual(['a']);
  expect(await ids('framed_ip.net=10.2.0.0/16')).toEqual(['b']);
  expect(await ids(`login.in=bob,${alice}`)).toEqual(['a', 'b']);
  expect(await ids('login.in=bob&login.in=eve')).toEqual(['b']);
  expect(await ids('login.prefix=bo')).toEqual(['b']);
});

test('a list goes on page by page with its cursor', async () => {
  const { json } = await withSessions();
  const first = (await json('/v1/sessions?state=any&limit=2')) as unknown as Page;
  const rest = (await json(`/v1/sessions?state=any&limit=2&cursor=${first.next_cursor}`)) as unknown as Page;
  expect([first.sessions.length, rest.sessions.map(({ id }) => id), rest.next_cursor]).toEqual([2, ['c'], null]);
});

test('a wrong field or operator is refused with a hint, never answered with all', async () => {
  const { wrong } = await withSessions();
  const errors = await wrong('/v1/sessions?logn=bob&nas.like=x&login.net=10.0.0.0/8&mac=1&mac=2&state=dead&limit=0');
  expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['?limit', '?state']);
  const fields = await wrong('/v1/sessions?logn=bob&nas.like=x&login.net=10.0.0.0/8&mac=1&mac=2');
  expect(fields).toEqual([
    { pointer: '?logn', detail: 'is no field of sessions; did you mean login?' },
    { pointer: '?nas.like', detail: 'there is no operator like; there are eq, not, in, prefix, lt, gt, net' },
    { pointer: '?login.net', detail: 'login takes eq, not, in, prefix, not net' },
    { pointer: '?mac', detail: 'is there more than once; say mac.in=one,other for one of several' },
  ]);
  expect(await wrong('/v1/sessions/count?logn=bob')).toHaveLength(1);
});

test('sessions are counted, and their fields listed', async () => {
  const { json } = await withSessions();
  expect(await json('/v1/sessions/count')).toEqual({ count: 2 });
  expect(await json('/v1/sessions/count?state=any&login=bob')).toEqual({ count: 1 });
  const { fields } = (await json('/v1/sessions/fields')) as { fields: { name: string }[] };
  expect(fields.map(({ name }) => name)).toContain('framed_ip');
});

test('one session says whether it is live, and how a closed one ended', async () => {
  const { json, get } = await withSessions();
  expect(await json('/v1/sessions/a')).toMatchObject({
    state: 'live',
    login: 'алиса',
    ended_at: null,
    terminate_cause: null,
  });
  expect(await json('/v1/sessions/c')).toMatchObject({
    state: 'closed',
    terminate_cause: 'Lost-Carrier',
    inferred: null,
  });
  expect((await get('/v1/sessions/zzz')).status).toBe(404);
});

test("an account's history has its sessions by id and those of its login, in a window of at most 32 days", async () => {
  const { json, wrong, book } = await withSessions();
  const list = async (path: string) => ((await json(path)) as unknown as Page).sessions.map(({ id }) => id);
  book.put({
    id: 'old',
    userId: '1001',
    startedAt: Date.parse('2026-01-05T10:00:00Z'),
    endedAt: Date.parse('2026-01-05T11:00:00Z'),
  });
  expect(await list('/v1/accounts/1001/sessions')).toEqual(['a', 'c']);
  expect(await list('/v1/accounts/bob/sessions?by=login')).toEqual(['b']);
  expect(await list('/v1/accounts/192.168.0.1/sessions?by=ip')).toEqual(['c']);
  const january = (days: number) =>
    `from=${encodeURIComponent('2026-01-01T00:00:00+02:00')}&to=${encodeURIComponent(new Date(Date.parse('2026-01-01T00:00:00+02:00') + days * 86_400_000).toISOString())}`;
  expect(await list(`/v1/accounts/1001/sessions?${january(32)}`)).toEqual(['old']);
  const [error] = await wrong(`/v1/accounts/1001/sessions?${january(32.5)}`);
  expect(error?.detail).toContain('at most 32');
  expect(await wrong('/v1/accounts/1001/sessions?from=2026-01-01')).toHaveLength(1);
});

test("an account's history of two ways is paged without losing or repeating one", async () => {
  const { json, book } = await withSessions();
  for (const index of [1, 2, 3, 4, 5])
    book.put({ id: `p${index}`, userName: 'алиса', userId: index % 2 ? '1001' : '', startedAt: Date.now() - index });
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await json(`/v1/accounts/1001/sessions?limit=2${query}`)) as unknown as Page;
    seen.push(...page.sessions.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  expect(seen.sort()).toEqual(['a', 'c', 'p1', 'p2', 'p3', 'p4', 'p5']);
});

test('the analysis says online since when and where, in the time zone that is asked for', async () => {
  const { json, wrong } = await withSessions();
  expect(await json('/v1/accounts/1001/sessions/analysis?timezone=Asia/Kathmandu')).toMatchObject({
    by: 'account',
    value: '1001',
    timezone: 'Asia/Kathmandu',
    now: expect.stringMatching(/\+05:45$/),
    state: 'online',
    live: [{ id: 'a', framed_ip: '10.1.0.1', nas: 'bras-1', stale: false }],
    last_end: { id: 'c', cause: 'Lost-Carrier', side: 'line', sentence: expect.stringMatching(/\w/) },
    line: { unstable: false, lost_carrier_today: 1 },
    week: { causes: [{ cause: 'Lost-Carrier', count: 1, side: 'line' }] },
  });
  expect(await json('/v1/accounts/nobody/sessions/analysis?by=login')).toMatchObject({
    state: 'offline',
    since: null,
    timezone: 'Europe/Kyiv',
  });
  expect(await wrong('/v1/accounts/1001/sessions/analysis?timezone=Mars/Base')).toHaveLength(1);
  expect(await wrong('/v1/accounts/1001/sessions/analysis?by=name')).toHaveLength(1);
});

test('who has been away for longer than the analysis looks back is offline since his last end, with its cause', async () => {
  const { json, book } = await withSessions();
  const ago = (days: number) => Date.now() - days * 86_400_000;
  for (const days of [40, 20]) {
    const { id } = book.put({ id: `d${days}`, userName: 'боб', startedAt: ago(days) });
    book.stop(id, days === 20 ? 5 : 1, ago(days - 1));
  }
  const found = await json(`/v1/accounts/${encodeURIComponent('боб')}/sessions/analysis?by=login&timezone=UTC`);
  expect(found).toMatchObject({
    state: 'offline',
    since: expect.stringMatching(/^\d{4}-/),
    last_end: { id: 'd20', cause: 'Session-Timeout', side: 'policy' },
    today: { sessions: 0, reconnects: 0, online_seconds: 0, causes: [] },
    week: { sessions: 0, reconnects: 0, online_seconds: 0, causes: [] },
  });
});

test('sessions with accounting switched off are a conflict that says so', async () => {
  const running = await runningApi();
  const { api, ...off } = await runningApi({
    world: { ...running.world, deps: { ...running.world.deps, sessions: null } },
  });
  const response = await off.get('/v1/sessions');
  expect([api.port > 0, response.status, (await problemIn(response)).detail]).toEqual([
    true,
    409,
    expect.stringContaining('accounting.enabled'),
  ]);
});
