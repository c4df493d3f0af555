// GET /v1/stream: changes as they happen, to those who asked for them.
import { expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { memoryWorld } from './memory-world.ts';
import { drop, type RunningApi, runningApi } from './running-api.ts';

async function follow({ url }: RunningApi, query = ''): Promise<{ text(): string; ended(): boolean; leave(): void }> {
  const leaving = new AbortController();
  const response = await fetch(`${url}/v1/stream${query}`, { signal: leaving.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  let text = '';
  let ended = false;
  const decoder = new TextDecoder();
  const reading = (async () => {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  })();
  reading
    .catch(() => undefined)
    .finally(() => {
      ended = true;
    });
  await until(() => text.includes('following'));
  return { text: () => text, ended: () => ended, leave: () => leaving.abort() };
}

test('changes of jobs reach a follower as server-sent events', async () => {
  const running = await runningApi();
  const stream = await follow(running);
  await running.send(drop({ id: 'evt-1' }));
  running.world.change('1', { state: 'done' });
  await until(() => stream.text().includes('"state":"done"'));
  const events = stream
    .text()
    .split('\n\n')
    .filter((block) => block.startsWith('event: job\ndata: '));
  expect(events.map((block) => JSON.parse(block.slice('event: job\ndata: '.length)))).toMatchObject([
    { id: '1', event: 'evt-1', state: 'waiting' },
    { id: '1', event: 'evt-1', state: 'done' },
  ]);
});

test('a follower hears only what its filter lets through, and the others are not disturbed when it leaves', async () => {
  const running = await runningApi();
  const all = await follow(running);
  const dead = await follow(running, '?state=dead&nas=bras-1');
  await running.send([drop(), { hook: 'user_drop', account: { user_id: '2', nas_ip: '10.9.9.9' } }]);
  running.world.change('2', { state: 'dead' });
  running.world.change('1', { state: 'dead' });
  await until(() => dead.text().includes('"state":"dead"'));
  expect(dead.text()).not.toContain('"id":"2"');
  dead.leave();
  await until(() => dead.ended());
  running.world.change('1', { state: 'skipped' });
  await until(() => all.text().includes('"state":"skipped"'));
});

test('closing ends the streams at once and with them the server', async () => {
  const running = await runningApi();
  const stream = await follow(running);
  const began = Date.now();
  await running.api.close();
  await until(() => stream.ended());
  expect(Date.now() - began).toBeLessThan(2_000);
});

test.each([
  { query: 'state=nope', where: 'state' },
  { query: 'events=jobs,everything', where: 'events' },
  { query: 'events=', where: 'events' },
  { query: 'events=sessions&state=dead', where: '?state' },
  { query: 'events=sessions&hook=user_drop', where: '?hook' },
])('a wrong filter ($query) is a problem and not a stream', async ({ query, where }) => {
  const running = await runningApi();
  const response = await running.get(`/v1/stream?${query}`);
  expect(response.status).toBe(422);
  expect(JSON.stringify(await response.json())).toContain(where);
});

const sessionsIn = (text: string) =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('event: session\ndata: '))
    .map((block) => JSON.parse(block.slice('event: session\ndata: '.length)));

test('sessions are followed when asked for, alone or beside jobs: each kind of change once, with the session', async () => {
  const running = await runningApi();
  const { book } = running.world;
  const both = await follow(running, '?events=jobs,sessions');
  const sessions = await follow(running, '?events=sessions');
  const jobs = await follow(running);
  const { id } = book.put({ userName: 'Иванов', nas: 'bras-1' });
  book.stop(id, 2);
  const given = book.put({ userName: 'Петров' });
  await book.close(given.id, { reason: 'stale', at: Date.now() });
  await running.send(drop());
  await until(() => jobs.text().includes('"state":"waiting"'));
  await until(() => both.text().includes('"state":"waiting"') && sessionsIn(both.text()).length === 4);

  expect(sessionsIn(sessions.text())).toMatchObject([
    { type: 'start', session: { id, login: 'Иванов', state: 'live' } },
    { type: 'stop', session: { id, state: 'closed', terminate_cause: 'Lost-Carrier' } },
    { type: 'start', session: { login: 'Петров' } },
    { type: 'stale', session: { login: 'Петров', inferred: 'stale' } },
  ]);
  expect(sessions.text()).not.toContain('event: job');
  expect(jobs.text()).not.toContain('event: session');
  expect(sessionsIn(both.text())).toEqual(sessionsIn(sessions.text()));
});

test.each([
  { query: 'nas=bras-1', hears: ['a', 'b'] },
  { query: 'nas=10.0.0.1', hears: ['a', 'b'] },
  { query: 'login=%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2', hears: ['b'] },
  { query: 'user_id=7', hears: ['a'] },
  { query: 'nas=bras-1&user_id=8', hears: [] },
])('of sessions a follower with $query hears only those', async ({ query, hears }) => {
  const running = await runningApi();
  const { book } = running.world;
  const all = await follow(running, '?events=sessions');
  const some = await follow(running, `?events=sessions&${query}`);
  book.put({ id: 'a', userId: '7', userName: 'x', nas: 'bras-1' });
  book.put({ id: 'b', userName: 'Иванов', nas: 'bras-1' });
  book.put({ id: 'c', userId: '8', userName: 'y', nas: 'bras-2', nasIp: '10.0.0.2' });
  await until(() => sessionsIn(all.text()).length === 3);
  // The lines of one change are written to all before the next change.
  await until(() => sessionsIn(some.text()).length >= hears.length);
  expect(sessionsIn(some.text()).map(({ session }) => session.id)).toEqual(hears);
});

test('without accounting there is nothing to follow, and that is said; jobs go on', async () => {
  const world = memoryWorld();
  const running = await runningApi({ world: { ...world, deps: { ...world.deps, sessions: null } } });
  const refused = await running.get('/v1/stream?events=sessions');
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('accounting.enabled') });
  const jobs = await follow(running);
  await running.send(drop());
  await until(() => jobs.text().includes('"state":"waiting"'));
});
