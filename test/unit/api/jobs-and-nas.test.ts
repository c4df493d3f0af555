// What the API shows of jobs and boxes, and an operator's hand on a job.
import { expect, test } from 'vitest';
import { boxSecret, memoryWorld } from './memory-world.ts';
import { drop, problemIn, runningApi } from './running-api.ts';

interface Page {
  readonly jobs: readonly { readonly id: string; readonly state: string }[];
  readonly next_cursor: string | null;
}

const at = (nas_ip: string, more: Record<string, unknown> = {}) => ({
  hook: 'user_drop',
  account: { user_id: '1', nas_ip, ...more },
});

test('jobs are listed from new to old, page by page with a cursor until the end', async () => {
  const { send, get } = await runningApi();
  await send(Array.from({ length: 12 }, () => drop()));
  const ids: string[] = [];
  let cursor: string | null = null;
  let pages = 0;
  do {
    const response = await get(`/v1/jobs?limit=5${cursor === null ? '' : `&cursor=${cursor}`}`);
    const page = (await response.json()) as Page;
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.next_cursor;
    pages++;
  } while (cursor !== null);
  expect(ids).toEqual(['12', '11', '10', '9', '8', '7', '6', '5', '4', '3', '2', '1']);
  expect(pages).toBe(3);
});

test('jobs are filtered by each field', async () => {
  const { send, get, world } = await runningApi();
  await send([
    drop({ id: 'one' }),
    { hook: 'user_accept', account: { user_id: '2', login: 'боря', nas_ip: '10.0.0.2' } },
    at('10.0.0.9'),
    { hook: 'user_drop', account: { user_id: '4', nas_id: '7' } },
  ]);
  world.change('2', { state: 'dead' });
  world.change('3', { state: 'parked' });
  const found = async (query: string) =>
    ((await (await get(`/v1/jobs?${query}`)).json()) as Page).jobs.map(({ id }) => id);
  expect(await found('state=dead')).toEqual(['2']);
  expect(await found('state=dead,parked')).toEqual(['3', '2']);
  expect(await found('state=dead&state=parked')).toEqual(['3', '2']);
  expect(await found('hook=user_accept')).toEqual(['2']);
  expect(await found('user_id=1001')).toEqual(['1']);
  expect(await found(`login=${encodeURIComponent('боря')}`)).toEqual(['2']);
  expect(await found('event=one')).toEqual(['1']);
  expect(await found('nas=10.0.0.2')).toEqual(['2']);
  expect(await found('nas=bras-1')).toEqual(['4', '3', '1']);
  expect(await found('nas=10.0.0.77')).toEqual([]);
});

test('a box that is not there is refused, rather than said to have no jobs', async () => {
  const { get } = await runningApi();
  const refusal = async (path: string) => {
    const { code, detail } = await problemIn(await get(path));
    return [code, detail];
  };
  const mistyped = ['not_found', 'There is no NAS profile bars-1. Did you mean bras-1?'];
  expect(await refusal('/v1/jobs?nas=bars-1')).toEqual(mistyped);
  expect(await refusal('/v1/accounts?nas=bars-1')).toEqual(mistyped);
  expect((await refusal('/v1/jobs?nas=elsewhere'))[1]).toContain('named by its address');
  expect(await refusal('/v1/jobs?nas=core-2')).toEqual(['conflict', expect.stringContaining('core-2 is refused')]);
});

test('a wrong query names every wrong parameter', async () => {
  const { get } = await runningApi();
  const response = await get('/v1/jobs?limit=0&state=dying&colour=red&cursor=x');
  expect(response.status).toBe(422);
  const pointers = (await problemIn(response)).errors?.map(({ pointer }) => pointer).sort();
  expect(pointers).toEqual(['?colour', '?cursor', '?limit', '?state/0']);
  expect((await problemIn(await get('/v1/jobs?limt=3'))).errors).toEqual([
    { pointer: '?limt', detail: 'is not known here; did you mean limit?' },
  ]);
});

test('a job is shown with its journal, the password of the account masked', async () => {
  const { send, get, world } = await runningApi();
  await send({ hook: 'user_add', account: { user_id: '1', login: 'алиса', psw: 'qwerty', nas_ip: '10.0.0.1' } });
  world.change('1', {
    state: 'retrying',
    attempt: 1,
    notBefore: Date.UTC(2026, 10, 21, 20),
    reason: 'занято',
    code: 'nas_busy',
  });
  world.journal.push({
    jobId: '1',
    attempt: 1,
    at: 0,
    nas: 'bras-1',
    kind: 'received',
    via: 'routeros',
    text: '!trap занято',
  });
  const response = await get('/v1/jobs/1');
  expect(await response.json()).toMatchObject({
    id: '1',
    nas: 'bras-1',
    state: 'retrying',
    not_before: '2026-11-21T20:00:00.000Z',
    reason: 'занято',
    code: 'nas_busy',
    account: { login: 'алиса', psw: '***' },
    journal: [
      {
        at: '1970-01-01T00:00:00.000Z',
        attempt: 1,
        nas: 'bras-1',
        kind: 'received',
        via: 'routeros',
        text: '!trap занято',
      },
    ],
  });
});

test('a job that is not there is 404, and an id that cannot be one 422', async () => {
  const { get } = await runningApi();
  expect((await get('/v1/jobs/99')).status).toBe(404);
  expect((await get('/v1/jobs/abc')).status).toBe(422);
});

test('an operator retries and skips jobs; the log says who, and a state that forbids it is 409', async () => {
  const { send, url, world } = await runningApi({
    tokens: [{ name: 'marta', role: 'admin', token: 'a-long-enough-token' }],
  });
  const headers = { authorization: 'Bearer a-long-enough-token', 'content-type': 'application/json' };
  await send([drop(), drop()], headers);
  world.change('1', { state: 'dead' });
  const act = (path: string, body?: unknown) =>
    fetch(url + path, { method: 'POST', headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });

  expect(await (await act('/v1/jobs/1/retry')).json()).toMatchObject({ state: 'waiting', reason: 'retried by marta' });
  expect(await (await act('/v1/jobs/2/skip', { reason: 'снят с учёта' })).json()).toMatchObject({
    state: 'skipped',
    reason: 'skipped by marta: снят с учёта',
  });
  const unsaid = await act('/v1/jobs/2/skip', {});
  expect((await problemIn(unsaid)).errors?.map(({ pointer }) => pointer)).toEqual(['/reason']);
  expect((await act('/v1/jobs/2/skip')).status).toBe(422);
  world.change('1', { state: 'done' });
  expect((await act('/v1/jobs/1/retry')).status).toBe(409);
  expect((await act('/v1/jobs/77/retry')).status).toBe(404);
  expect(world.logged()).toContain('"by":"marta"');
});

test('every NAS is shown with its gate and, when refused, with file and line; its secrets never', async () => {
  const { get } = await runningApi();
  const text = await (await get('/v1/nas')).text();
  expect(JSON.parse(text)).toMatchObject({
    nas: [
      {
        name: 'bras-1',
        state: 'live',
        address: '10.0.0.1',
        plugin: { name: 'mikrotik', version: '1.2.0', hooks: ['user_add', 'user_drop'] },
        transports: [{ name: 'routeros', host: '10.0.0.1', port: 8729, grants: ['/ip/*'] }],
        breaker: 'open',
        next_probe_at: '2026-11-21T20:00:00.000Z',
        usage: { runs: 4, calls: 8, run_seconds: 1.5, cpu_seconds: 0.01, memory_bytes: 2_000_000 },
      },
      {
        name: 'core-2',
        state: 'refused',
        plugin: null,
        problem: expect.stringContaining('core-2.yaml:4'),
        next_probe_at: null,
        usage: null,
      },
    ],
  });
  expect(text).not.toContain(boxSecret);
  expect((await get('/v1/nas/bras-1')).status).toBe(200);
  expect((await problemIn(await get('/v1/nas/bars-1'))).detail).toContain('Did you mean bras-1?');
});

test('the catalogue is served with a JSON Schema for each hook', async () => {
  const { get } = await runningApi();
  const { hooks } = (await (await get('/v1/hooks')).json()) as { hooks: { name: string; payload: { type: string } }[] };
  expect(hooks.find(({ name }) => name === 'user_drop')?.payload).toMatchObject({
    type: 'object',
    required: ['user_id'],
  });
});

test('readiness says what is missing, and health goes on saying alive', async () => {
  const world = memoryWorld();
  const { get } = await runningApi({ world });
  const ready = async () => {
    const response = await get('/readyz');
    return [response.status, ((await response.json()) as { status: string }).status];
  };
  expect(await ready()).toEqual([200, 'ready']);
  world.health = { phase: 'starting', checks: [] };
  expect(await ready()).toEqual([503, 'starting']);
  world.health = { phase: 'running', checks: [{ name: 'sandbox', ok: false, detail: 'no worker' }] };
  expect(await ready()).toEqual([503, 'not ready']);
  expect((await get('/healthz')).status).toBe(200);
});
