// POST /v1/events: what is taken, what is refused and how that is said.
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { memoryWorld } from './memory-world.ts';
import { drop, plainRequest, problemIn, runningApi } from './running-api.ts';

test('an event is answered 202 with its jobs, and as a duplicate when it comes again', async () => {
  const { send, world } = await runningApi();

  const first = await send(drop({ id: 'evt-7', occurred_at: '2026-11-21T20:00:00+02:00' }));
  const again = await send(drop({ id: 'evt-7' }));

  expect(first.status).toBe(202);
  expect(await first.json()).toEqual({ event: 'evt-7', jobs: ['1'], duplicate: false });
  expect(again.status).toBe(202);
  expect(await again.json()).toEqual({ event: 'evt-7', jobs: ['1'], duplicate: true });
  expect(world.jobs).toHaveLength(1);
});

test('a wrong event is answered 422 with every wrong field', async () => {
  const { send, world } = await runningApi();

  const response = await send({
    hook: 'user_rate_set',
    account: { login: 'a', ip: 'x', rate_in: '1M', nas_ip: '10.0.0.1' },
    when: 1,
  });

  expect(response.status).toBe(422);
  const problem = await problemIn(response);
  expect(problem).toMatchObject({ code: 'input_invalid', status: 422, type: 'urn:ossia:problem:input_invalid' });
  expect(problem.errors?.map(({ pointer }) => pointer).sort()).toEqual([
    '/account/ip',
    '/account/rate_in',
    '/account/rate_out',
    '/account/user_id',
    '/when',
  ]);
  expect(world.jobs).toHaveLength(0);
});

test('an unknown hook is answered with the one that was probably meant', async () => {
  const { send } = await runningApi();
  const problem = await problemIn(await send(drop({ hook: 'user_dorp' })));
  expect(problem.errors).toEqual([{ pointer: '/hook', detail: expect.stringContaining('user_drop') }]);
});

test('an array is answered 202 when all are taken, item by item', async () => {
  const { send } = await runningApi();
  const response = await send([drop({ id: 'a' }), drop({ id: 'b' }), drop({ id: 'a' })]);
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual([
    { status: 202, event: 'a', jobs: ['1'], duplicate: false },
    { status: 202, event: 'b', jobs: ['2'], duplicate: false },
    { status: 202, event: 'a', jobs: ['1'], duplicate: true },
  ]);
});

test('an array is answered 207 when some are refused, with pointers into the array', async () => {
  const { send, world } = await runningApi();
  const response = await send([
    drop({ id: 'a' }),
    { hook: 'user_drop', account: { user_id: '5' } },
    17,
    drop({ id: 'd' }),
  ]);
  expect(response.status).toBe(207);
  const answers = (await response.json()) as { status: number; errors?: { pointer: string }[] }[];
  expect(answers.map(({ status }) => status)).toEqual([202, 422, 422, 202]);
  expect(answers[1]?.errors?.map(({ pointer }) => pointer)).toEqual(['/1/account/nas_ip']);
  expect(answers[2]?.errors?.[0]?.pointer).toMatch(/^\/2/);
  expect(world.jobs.map(({ eventId }) => eventId)).toEqual(['a', 'd']);
});

test('an array is answered 422 when all are refused', async () => {
  const { send } = await runningApi();
  const response = await send([drop({ hook: 'x' }), drop({ hook: 'y' })]);
  expect(response.status).toBe(422);
  expect((await problemIn(response)).errors?.map(({ pointer }) => pointer)).toEqual(['/0/hook', '/1/hook']);
});

test('an array that is empty or too long is refused whole', async () => {
  const { send, world } = await runningApi();
  const empty = await send([]);
  const long = await send(Array.from({ length: 10_001 }, () => ({})));
  expect([empty.status, long.status]).toEqual([422, 422]);
  expect((await problemIn(long)).errors?.[0]?.detail).toContain('10001');
  expect(world.jobs).toHaveLength(0);
});

test('10,000 events go through in one request', async () => {
  const { send, world } = await runningApi();
  const response = await send(Array.from({ length: 10_000 }, (_, index) => drop({ id: `e${index}` })));
  expect(response.status).toBe(202);
  expect(await response.json()).toHaveLength(10_000);
  expect(world.jobs).toHaveLength(10_000);
});

const cloudEvent = {
  specversion: '1.0',
  id: 'ce-1',
  source: '/billing',
  type: 'user_drop',
  time: '2026-11-21T20:00:00+02:00',
  datacontenttype: 'application/json',
  data: { account: { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' } },
};
const structured = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const batch = { 'content-type': 'application/cloudevents-batch+json' };

test('a CloudEvent is taken by its id, type and data, Russian texts included', async () => {
  const { send, world } = await runningApi();
  const response = await send(cloudEvent, structured);
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ event: 'ce-1', jobs: ['1'], duplicate: false });
  expect(world.jobs[0]).toMatchObject({ hook: 'user_drop', account: { login: 'алиса' } });
});

test('a batch of CloudEvents is answered item by item, with pointers as CloudEvents name things', async () => {
  const { send } = await runningApi();
  const response = await send(
    [
      { ...cloudEvent, type: 'user_dorp', data: { account: { user_id: '1', nas_ip: 'x' } } },
      { ...cloudEvent, specversion: '0.3', source: undefined },
      cloudEvent,
      { ...cloudEvent, id: 'ce-2', time: 'yesterday' },
    ],
    batch,
  );
  expect(response.status).toBe(207);
  const answers = (await response.json()) as { event?: string; errors?: { pointer: string }[] }[];
  expect(answers[0]?.errors?.map(({ pointer }) => pointer)).toEqual(['/0/type']);
  expect(answers[1]?.errors?.map(({ pointer }) => pointer)).toEqual(['/1/specversion', '/1/source']);
  expect(answers[2]?.event).toBe('ce-1');
  expect(answers[3]?.errors?.map(({ pointer }) => pointer)).toEqual(['/3/time']);
});

test('a CloudEvent and a batch are not taken under the media type of each other', async () => {
  const { send } = await runningApi();
  expect((await send([cloudEvent], structured)).status).toBe(422);
  expect((await send(cloudEvent, batch)).status).toBe(422);
});

test('an event on the unix socket is taken as from the socket, without a token', async () => {
  const { socket, world } = await runningApi({
    tokens: [{ name: 'crm', role: 'event', token: 'a-long-enough-token' }],
  });
  const headers = { 'content-type': 'application/json' };
  const answer = await plainRequest({
    socketPath: socket,
    path: '/v1/events',
    method: 'POST',
    headers,
    body: JSON.stringify(drop()),
  });
  expect(answer.status).toBe(202);
  expect(world.jobs).toHaveLength(1);
});

test('a failure of the stages is a problem of its own kind, and nothing of ours leaks', async () => {
  const world = memoryWorld();
  const { send } = await runningApi({ world });

  world.failure = new OssiaError('overloaded', 'One million jobs wait already.');
  const overloaded = await send(drop());
  world.failure = new OssiaError('stopping', 'The daemon is stopping.');
  const stopping = await send(drop());
  world.failure = new Error('SELECT psw FROM secrets at /srv/ossia/core/store.ts:17');
  const bug = await send(drop());

  expect(overloaded.status).toBe(429);
  expect(overloaded.headers.get('retry-after')).toBe('1');
  expect(await problemIn(overloaded)).toMatchObject({ code: 'overloaded', detail: 'One million jobs wait already.' });
  expect(stopping.status).toBe(503);
  expect(bug.status).toBe(500);
  const text = JSON.stringify(await problemIn(bug));
  expect(text).not.toMatch(/SELECT|store\.ts/);
  const request = /request ([\w-]+)/.exec(text)?.[1] ?? 'none';
  expect(world.logged()).toContain(`"request":"${request}"`);
});

test('a token sends no more events per second than the settings allow', async () => {
  const { send } = await runningApi({ limits: { eventsPerSecond: 3 } });
  const statuses = [];
  for (const id of ['1', '2', '3', '4', '5']) statuses.push((await send(drop({ id }))).status);
  expect(statuses.slice(0, 3)).toEqual([202, 202, 202]);
  expect(statuses).toContain(429);
});
