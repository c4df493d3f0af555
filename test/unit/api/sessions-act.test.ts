// Ending and changing sessions over the API: what the box answered, whether the Stop was seen, and who wanted it.
import { expect, test } from 'vitest';
import type { Job } from '#core/model/job.ts';
import { problemIn, runningApi } from './running-api.ts';

interface Result {
  readonly session: { readonly id: string; readonly state: string; readonly plan: string };
  readonly outcome: string;
  readonly ended: boolean;
  readonly job: string | null;
  readonly attempts: number;
}

interface Bulk {
  readonly sessions: number;
  readonly ended: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly results: readonly Result[];
}

type Box = (job: Job) => Partial<Job>;

const done = { state: 'done' } as const;
const nak = { state: 'refused', code: 'nas_refused', reason: 'Disconnect-NAK: Unsupported-Service (405)' } as const;
const silent = { state: 'retrying', code: 'nas_timeout', reason: 'bras-1: no answer' } as const;

/** `box` says how each run ends; after `done` the Stop of that session comes, unless its id begins with "deaf". */
async function withBox(box: Box) {
  const running = await runningApi({ tokens: [{ name: 'marta', role: 'operator', token: 'a-long-enough-token' }] });
  const { world, url } = running;
  const { book } = world;
  const asked: Job[] = [];
  world.deps.onJobChange((job) => {
    if (job.state !== 'waiting' || job.attempt > 0) return;
    asked.push(job);
    const run = (attempt: number): void => {
      const answer = box(job);
      world.change(job.id, { ...answer, attempt });
      // A box that does not answer is tried again until somebody calls it off.
      const again = (): void => {
        if (world.jobs.find(({ id }) => id === job.id)?.state === 'retrying') run(attempt + 1);
      };
      if (answer.state === 'retrying') setImmediate(again);
    };
    setImmediate(() => {
      run(1);
      const { acct_session_id } = job.account;
      if (box(job).state !== 'done' || box(job).reason !== undefined || acct_session_id?.startsWith('deaf')) return;
      void book.find({ conditions: [], limit: 100 }).then(({ sessions }) => {
        for (const session of sessions) if (session.acctSessionId === acct_session_id) book.stop(session.id, 6);
      });
    });
  });
  const call = async <Answer>(method: string, path: string, body?: unknown) => {
    const headers = { authorization: 'Bearer a-long-enough-token', 'content-type': 'application/json' };
    const response = await fetch(url + path, {
      method,
      headers: body === undefined ? { authorization: headers.authorization } : headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: (await response.json()) as Answer };
  };
  return { ...running, book, asked, call };
}

const why = 'reason=abuse%20case&wait=1';

test('a session is ended through user_disconnect on its own box, and the Stop is waited for', async () => {
  const { book, asked, call, world } = await withBox(() => done);
  world.accounts.set('1001', { user_id: '1001', login: 'alice', nas_ip: '10.9.9.9', rate_in: '1000' });
  book.put({ id: 'a', acctSessionId: '81000001', userId: '1001', userName: 'alice' });
  const { status, answer } = await call<Result>('DELETE', `/v1/sessions/a?${why}`);
  expect([status, answer]).toMatchObject([200, { outcome: 'ack', ended: true, session: { state: 'closed' } }]);
  expect(asked[0]).toMatchObject({
    hook: 'user_disconnect',
    account: {
      user_id: '1001',
      login: 'alice',
      ip: '10.1.2.3',
      mac: 'AA-BB-CC-00-00-01',
      acct_session_id: '81000001',
      nas_ip: '10.0.0.1',
      rate_in: '1000',
    },
  });
  expect(world.journal).toMatchObject([
    { jobId: '1', kind: 'note', text: expect.stringContaining('marta: abuse case') },
  ]);
});

test('a session of nobody that the billing knows is ended by its login', async () => {
  const { book, asked, call } = await withBox(() => done);
  book.put({ id: 'a', userName: 'гость', framedIp: '' });
  expect((await call<Result>('DELETE', `/v1/sessions/a?${why}`)).answer.ended).toBe(true);
  expect(asked[0]?.account).toMatchObject({ user_id: 'гость', login: 'гость', nas_ip: '10.0.0.1' });
  expect(asked[0]?.account).not.toHaveProperty('ip');
});

test('an ACK without a Stop says so in time, and the session stays live', async () => {
  const { book, call } = await withBox(() => done);
  book.put({ id: 'a', acctSessionId: 'deaf-1' });
  const began = performance.now();
  const { answer } = await call<Result>('DELETE', '/v1/sessions/a?reason=test&wait=0.3');
  expect(answer).toMatchObject({ outcome: 'ack', ended: false, session: { state: 'live' } });
  expect(performance.now() - began).toBeLessThan(3_000);
});

test('a box that has the session no longer ends it in our records too', async () => {
  const { book, call } = await withBox(() => ({ ...done, reason: 'nothing to do: The box has no such session.' }));
  book.put({ id: 'a' });
  const { answer } = await call<Result>('DELETE', `/v1/sessions/a?${why}`);
  expect(answer).toMatchObject({ outcome: 'gone', ended: true, session: { state: 'closed', inferred: 'missing' } });
});

test('a NAK is told with the Error-Cause of the box', async () => {
  const { book, call, world } = await withBox(() => nak);
  book.put({ id: 'a' });
  world.journal.push({
    jobId: '1',
    attempt: 1,
    at: 0,
    nas: 'bras-1',
    kind: 'received',
    via: 'coa',
    text: 'Disconnect-NAK id=7 Error-Cause=Unsupported-Service',
  });
  expect((await call<Result>('DELETE', `/v1/sessions/a?${why}`)).answer).toMatchObject({
    outcome: 'nak',
    ended: false,
    error_cause: 'Unsupported-Service',
    said: 'Disconnect-NAK id=7 Error-Cause=Unsupported-Service',
    reason: expect.stringContaining('405'),
  });
});

test('silence is called silence after the attempts of the settings, and the job is called off', async () => {
  const { book, call, world } = await withBox(() => silent);
  book.put({ id: 'a' });
  const { answer } = await call<Result>('DELETE', `/v1/sessions/a?${why}`);
  expect(answer).toMatchObject({ outcome: 'silence', ended: false, attempts: 2 });
  expect(world.jobs[0]).toMatchObject({
    state: 'skipped',
    reason: expect.stringContaining('no success in 2 attempts'),
  });
});

test('a job that had no turn in time is pending and goes on, and what the box is told of later is told truly', async () => {
  const { book, call, world } = await withBox(() => ({ state: 'waiting' }));
  book.put({ id: 'a' });
  const { answer } = await call<Result>('DELETE', '/v1/sessions/a?reason=x&wait=0.1');
  expect(answer).toMatchObject({ outcome: 'pending', ended: false, job: '1' });
  expect(world.jobs[0]?.state).toBe('waiting');
});

test('a failure of the store ends the answer of that session, not those of the others', async () => {
  const { book, call, world } = await withBox(() => done);
  book.put({ id: 'a', userName: 'alice' });
  book.put({ id: 'b', userName: 'bob' });
  const { get } = world.book;
  world.book.get = async (id) => (id === 'a' ? Promise.reject(new Error('disk')) : get(id));
  const { status, answer } = await call<Bulk>('POST', '/v1/sessions/disconnect', { all: true, reason: 'x', wait: 2 });
  expect([status, answer.outcomes]).toEqual([207, { failed: 1, ack: 1 }]);
});

test('a session that ended before, one without a profile and one that is not there are three answers', async () => {
  const { book, call, asked } = await withBox(() => done);
  book.put({ id: 'a' });
  book.stop('a');
  book.put({ id: 'b', nas: 'gone-1' });
  expect((await call<Result>('DELETE', `/v1/sessions/a?${why}`)).answer).toMatchObject({
    outcome: 'over',
    ended: true,
  });
  expect((await call<Result>('DELETE', `/v1/sessions/b?${why}`)).answer).toMatchObject({
    outcome: 'no_profile',
    job: null,
  });
  expect((await call('DELETE', `/v1/sessions/c?${why}`)).status).toBe(404);
  expect((await call('DELETE', '/v1/sessions/a')).status).toBe(422);
  expect(asked).toEqual([]);
});

test('many are ended by filter, each with its own answer, whatever became of the others', async () => {
  const { book, call } = await withBox(({ account }) => (account['login'] === 'bob' ? nak : done));
  book.put({ id: 'a', userName: 'alice' });
  book.put({ id: 'b', userName: 'bob' });
  book.put({ id: 'c', userName: 'carol', nas: 'gone-1' });
  book.put({ id: 'd', userName: 'dave', framedIp: '192.168.0.1' });
  const { status, answer } = await call<Bulk>('POST', '/v1/sessions/disconnect', {
    filter: { framed_ip: '10.0.0.0/8' },
    reason: 'works',
    wait: 1,
  });
  expect(status).toBe(207);
  expect(answer).toMatchObject({ sessions: 3, ended: 1, outcomes: { ack: 1, nak: 1, no_profile: 1 } });
  expect(answer.results.map(({ session, outcome }) => [session.id, outcome])).toEqual([
    ['a', 'ack'],
    ['b', 'nak'],
    ['c', 'no_profile'],
  ]);
});

test('Stops that do not come hold nobody up: every box is asked, and every answer is there', async () => {
  const { book, call, asked } = await withBox(() => done);
  for (let index = 0; index < 200; index++) book.put({ acctSessionId: `deaf-${index}`, userName: `user${index}` });
  const { answer } = await call<Bulk>('POST', '/v1/sessions/disconnect', { all: true, reason: 'x', wait: 1 });
  expect(asked).toHaveLength(200);
  expect(answer).toMatchObject({ sessions: 200, ended: 0, outcomes: { ack: 200 } });
});

test('all are ended only when exactly that is said', async () => {
  const { book, call, asked } = await withBox(() => done);
  book.put({ id: 'a' });
  book.put({ id: 'b', userName: 'bob' });
  const refused = [{}, { all: false }, { filter: {} }, { filter: { logn: 'x' } }, { all: true, account: '1' }];
  for (const body of refused)
    expect([(await call('POST', '/v1/sessions/disconnect', { ...body, reason: 'x' })).status, body]).toEqual([
      422,
      body,
    ]);
  expect((await call('POST', '/v1/sessions/disconnect', { all: true })).status).toBe(422);
  expect(asked).toEqual([]);
  const { status, answer } = await call<Bulk>('POST', '/v1/sessions/disconnect', {
    all: true,
    reason: 'move',
    wait: 2,
  });
  expect([status, answer.ended]).toEqual([200, 2]);
});

test('all sessions of an account are ended, those that carry its login only included', async () => {
  const { book, call, world } = await withBox(() => done);
  world.accounts.set('1001', { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1' });
  book.put({ id: 'a', userId: '1001', userName: 'old-login' });
  book.put({ id: 'b', userName: 'alice' });
  book.put({ id: 'c', userName: 'bob' });
  const { answer } = await call<Bulk>('POST', '/v1/sessions/disconnect', { account: '1001', reason: 'x', wait: 2 });
  expect(answer.results.map(({ session }) => session.id)).toEqual(['a', 'b']);
});

test('a session is altered by a hook on its box, and our record follows only when the box took it', async () => {
  const { book, call, asked } = await withBox(({ account }) => (account['rate_in'] === '1' ? nak : done));
  book.put({ id: 'a', plan: 'basic', acctSessionId: 'deaf-1' });
  const alter = (rate_in: string) =>
    call<Result>('POST', '/v1/sessions/a/alter', {
      hook: 'user_rate_set',
      variables: { rate_in, rate_out: rate_in },
      fields: { plan: 'turbo' },
      reason: 'boost',
    });
  expect((await alter('1')).answer).toMatchObject({ outcome: 'nak', session: { plan: 'basic' } });
  expect((await alter('100000')).answer).toMatchObject({ outcome: 'ack', session: { plan: 'turbo' } });
  expect(asked[1]).toMatchObject({ hook: 'user_rate_set', account: { rate_in: '100000', acct_session_id: 'deaf-1' } });
});

test('what alter may not do is refused with the field that is wrong', async () => {
  const { book, call, asked, url } = await withBox(() => done);
  book.put({ id: 'a' });
  const pointers = async (body: unknown) => {
    const response = await fetch(`${url}/v1/sessions/a/alter`, {
      method: 'POST',
      headers: { authorization: 'Bearer a-long-enough-token', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await problemIn(response)).errors?.map(({ pointer }) => pointer);
  };
  expect(await pointers({ hook: 'user_del', reason: 'x' })).toEqual(['/hook']);
  expect(await pointers({ hook: 'user_disconnect', reason: 'x' })).toEqual(['/hook']);
  expect(await pointers({ hook: 'user_rate_set', variables: { nas_ip: '1.1.1.1' }, reason: 'x' })).toEqual([
    '/variables/nas_ip',
  ]);
  expect(await pointers({ fields: { login: 'eve' }, reason: 'x' })).toEqual(['/fields/login']);
  expect(asked).toEqual([]);
  const wrongValue = await call<Result>('POST', '/v1/sessions/a/alter', {
    hook: 'user_rate_set',
    variables: { rate_in: 'fast' },
    reason: 'x',
  });
  expect(wrongValue.answer).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('/account/rate_in') });
});

test('before an activation every session left is ended and it is said what is still there', async () => {
  const { book, call } = await withBox(() => done);
  const clear = () =>
    call<{ clear: boolean; found: number; left: unknown[] }>('POST', '/v1/accounts/alice/sessions/clear?by=login', {
      reason: 'activation',
      wait: 0.3,
    });
  expect(await clear()).toMatchObject({ status: 200, answer: { clear: true, found: 0 } });
  book.put({ id: 'a', acctSessionId: '1' });
  expect(await clear()).toMatchObject({ status: 200, answer: { clear: true, found: 1, left: [] } });
  book.put({ id: 'b', acctSessionId: 'deaf-1' });
  expect(await clear()).toMatchObject({ status: 207, answer: { clear: false, found: 1, left: [{ id: 'b' }] } });
});

test('a viewer may look and not act', async () => {
  const { url } = await runningApi({ tokens: [{ name: 'eye', role: 'viewer', token: 'a-long-enough-token' }] });
  const headers = { authorization: 'Bearer a-long-enough-token' };
  expect((await fetch(`${url}/v1/sessions`, { headers })).status).toBe(200);
  expect((await fetch(`${url}/v1/sessions/a?${why}`, { method: 'DELETE', headers })).status).toBe(403);
});
