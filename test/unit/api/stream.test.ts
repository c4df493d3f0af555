// GET /v1/stream: changes as they happen, to those who asked for them.
import { expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
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

test('a wrong filter is a problem and not a stream', async () => {
  const running = await runningApi();
  const response = await running.get('/v1/stream?state=nope');
  expect(response.status).toBe(422);
});
