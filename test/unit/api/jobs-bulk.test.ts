// Retry and skip of all jobs that match, over HTTP: counted first, edited, told in the audit and the journal.
import { expect, test } from 'vitest';
import { at, queueWorld, viewer } from './queue-world.ts';

test('jobs are retried by filter, after a dry run that only counts them by NAS and hook', async () => {
  const { job, post, store, read } = await queueWorld();
  const refused = { state: 'refused', code: 'nas_refused' } as const;
  await job('user_drop', at('10.0.0.1', '1'), { state: 'dead', code: 'nas_timeout' });
  await job('user_drop', at('10.0.0.9', '2'), refused);
  await job('user_redirect', at('10.0.0.1', '3'), refused);
  await job('user_drop', at('10.0.0.2', '4'), refused);
  await job('user_drop', at('10.0.0.1', '5'), { state: 'skipped' });
  await job('user_drop', at('10.0.0.1', '6'), { state: 'done' });

  const body = { filter: { nas: 'bras-1' } };
  const counted = await post('/v1/jobs/retry?dry_run=true', body);
  expect(counted).toMatchObject({ status: 200, body: { dry_run: true, matched: 3, done: 0, failed: 0 } });
  expect(counted.body['groups']).toEqual([
    { nas: 'bras-1', nas_key: '10.0.0.1', hook: 'user_drop', count: 1 },
    { nas: 'bras-1', nas_key: '10.0.0.1', hook: 'user_redirect', count: 1 },
    { nas: null, nas_key: '10.0.0.9', hook: 'user_drop', count: 1 },
  ]);
  expect(await store.jobs({ states: ['waiting'], limit: 9 })).toEqual([]);
  expect(await store.audit({ limit: 9 })).toEqual([]);

  const done = await post('/v1/jobs/retry', { filter: { nas: 'bras-1', hook: 'user_drop', error: 'nas_timeout' } });
  expect(done).toMatchObject({ status: 200, body: { dry_run: false, matched: 1, done: 1, superseded: 0, failed: 0 } });
  expect((await store.jobs({ states: ['waiting'], limit: 9 })).map(({ id }) => id)).toEqual(['1']);
  expect((await store.journal('1')).map(({ text }) => text)).toContain('retried by Марта');
  expect(await read('/v1/audit')).toMatchObject({
    entries: [{ by: 'Марта', action: 'jobs.retry', detail: { matched: 1, done: 1, filter: { hook: 'user_drop' } } }],
    next_cursor: null,
  });
});

test('only what has not changed for a while is retried when the age is said, with variables in the place of the old ones', async () => {
  const { job, post, store, setBack } = await queueWorld();
  const refused = { state: 'refused', code: 'nas_refused' } as const;
  setBack(3 * 3_600_000);
  const old = await job('user_drop', at('10.0.0.1', '1', { vlan: '7' }), refused);
  setBack(0);
  await job('user_drop', at('10.0.0.1', '2'), refused);
  const body = {
    filter: { state: 'refused', older_than: '2h' },
    edit: { variables: { ip: '10.9.9.9', vlan: '', port: 3 } },
  };
  expect(await post('/v1/jobs/retry', body)).toMatchObject({ status: 200, body: { matched: 1, done: 1 } });
  const edited = await store.job(old);
  expect(edited).toMatchObject({ state: 'waiting', account: { ip: '10.9.9.9', port: '3' } });
  expect(edited?.account).not.toHaveProperty('vlan');
  expect(JSON.stringify(await store.audit({ limit: 9 }))).not.toContain('10.9.9.9');
});

test('jobs are skipped by filter only with a reason, which stays in their journal', async () => {
  const { job, post, store } = await queueWorld();
  await job('user_drop', at('10.0.0.1', '1'));
  await job('user_redirect', at('10.0.0.1', '1'));
  const unsaid = await post('/v1/jobs/skip', { filter: { user_id: '1' } });
  expect(unsaid).toMatchObject({ status: 422, body: { errors: [{ pointer: '/reason' }] } });
  const done = await post('/v1/jobs/skip', { filter: { login: 'логин1' }, reason: 'ошибка биллинга' });
  expect(done.body).toMatchObject({ matched: 2, done: 2 });
  expect(await store.jobs({ states: ['skipped'], limit: 9 })).toHaveLength(2);
  expect((await store.journal('2')).at(-1)?.text).toContain('skipped by Марта: ошибка биллинга');
});

test('what could not be done is told with why, and the rest is done', async () => {
  const { job, post } = await queueWorld();
  const refused = { state: 'refused', code: 'nas_refused' } as const;
  await job('user_drop', at('10.0.0.1', '1'), refused);
  await job('user_drop', at('10.0.0.1', '2'), refused);
  const done = await post('/v1/jobs/retry', { all: true, edit: { variables: { user_id: '2' } } });
  expect(done).toMatchObject({
    status: 207,
    body: {
      matched: 2,
      done: 1,
      failed: 1,
      problems: [{ id: '1', reason: expect.stringContaining('another account') }],
    },
  });
});

test.for([
  [{}, ''],
  [{ filter: {} }, '/filter'],
  [{ filter: { hook: 'user_drop' }, all: true }, ''],
  [{ filter: { huk: 'user_drop' } }, '/filter/huk'],
  [{ filter: { error: 'no_such_code' } }, '/filter/error'],
  [{ filter: { older_than: 'yesterday' } }, '/filter/older_than'],
  [{ filter: { state: ['dying'] } }, '/filter/state/0'],
  [{ filter: { state: ['done', 'superseded'] } }, '/filter/state'],
  [{ all: false }, '/all'],
  [{ all: true, edit: { variables: { ip: { nested: true } } } }, '/edit/variables/ip'],
] as const)('%j is no way to say which jobs', async ([body, pointer]) => {
  const { job, post, store } = await queueWorld();
  const id = await job('user_drop', at('10.0.0.1', '1'), { state: 'dead' });
  const answer = await post('/v1/jobs/retry', body);
  expect(answer.status).toBe(422);
  expect((answer.body['errors'] as { pointer: string }[]).map((error) => error.pointer)).toContain(pointer);
  expect(await store.job(id)).toMatchObject({ state: 'dead' });
});

test('who may only look changes nothing', async () => {
  const { post } = await queueWorld();
  for (const path of ['/v1/jobs/retry', '/v1/jobs/skip', '/v1/pause', '/v1/resume'])
    expect(await post(path, { all: true, reason: 'x' }, { token: viewer.token })).toMatchObject({ status: 403 });
});

test('one job is retried with other variables; as the job of another account it is refused', async () => {
  const { job, post, store } = await queueWorld();
  const id = await job('user_drop', at('10.0.0.1', '1'), { state: 'refused', code: 'nas_refused' });
  const wrong = await post(`/v1/jobs/${id}/retry`, { account: { user_id: '2' } });
  expect(wrong).toMatchObject({ status: 422, body: { errors: [{ pointer: '/account/user_id' }] } });
  expect(await store.job(id)).toMatchObject({ state: 'refused' });
  const done = await post(`/v1/jobs/${id}/retry`, { account: { ip: '10.9.9.9' } });
  expect(done).toMatchObject({ status: 200, body: { id, state: 'waiting' } });
  expect(await store.job(id)).toMatchObject({ account: { ip: '10.9.9.9', login: 'логин1' } });
});

test('a retry or skip of one job that is only tried changes nothing', async () => {
  const { job, post, store, world } = await queueWorld();
  const id = await job('user_drop', at('10.0.0.1', '1'), { state: 'refused', code: 'nas_refused' });
  const asked: unknown[] = [];
  world.box.run = async (run) => {
    asked.push([run.hook, run.account['ip'], run.dryRun]);
    const sent = { at: 1, kind: 'recorded', via: 'coa', text: 'Disconnect-Request' } as const;
    return { outcome: { type: 'done' }, exchanges: [sent], value: null, stack: '', program: 'mikrotik' };
  };
  const tried = await post(`/v1/jobs/${id}/retry?dry_run=true`, { account: { ip: '10.9.9.9' } });
  expect(asked).toEqual([['user_drop', '10.9.9.9', true]]);
  expect(tried.body).toMatchObject({ dry_run: true, steps: [{ nas: 'bras-1', exchanges: [{ kind: 'recorded' }] }] });
  expect(await post(`/v1/jobs/${id}/skip?dry_run=true`, { reason: 'x' })).toMatchObject({ body: { state: 'refused' } });
  expect(await store.job(id)).toMatchObject({ state: 'refused', account: { ip: '10.1.2.3' } });
  const done = await job('user_drop', at('10.0.0.1', '2'), { state: 'done' });
  expect(await post(`/v1/jobs/${done}/retry?dry_run=true`, {})).toMatchObject({ status: 409 });
});

test('a list of jobs is asked for by error and age', async () => {
  const { job, read, setBack } = await queueWorld();
  setBack(7_200_000);
  await job('user_drop', at('10.0.0.1', '1'), { state: 'dead', code: 'nas_timeout' });
  setBack(0);
  await job('user_drop', at('10.0.0.1', '2'), { state: 'dead', code: 'nas_timeout' });
  await job('user_drop', at('10.0.0.1', '3'), { state: 'refused', code: 'nas_refused' });
  const ids = async (query: string) =>
    ((await read(`/v1/jobs?${query}`))['jobs'] as { id: string }[]).map(({ id }) => id);
  expect(await ids('error=nas_timeout')).toEqual(['2', '1']);
  expect(await ids('error=nas_timeout&older_than=1h')).toEqual(['1']);
});
