// `ossia sessions` against the real API: lists, the text for support agents, ending sessions, and the exit codes of each.
import { expect, test } from 'vitest';
import { until } from '#test/support/until.ts';
import { runningApi } from '../api/running-api.ts';
import { ossia, startOssia } from './ossia.ts';

async function withSessions() {
  const { world, socket } = await runningApi();
  const { book } = world;
  const now = Date.now();
  book.put({
    id: 's-alice',
    userName: 'алиса',
    framedIp: '10.1.0.1',
    startedAt: now - 90_000,
    updatedAt: now - 30_000,
  });
  book.put({ id: 's-bob', userName: 'bob', framedIp: '10.2.0.1', startedAt: now - 80_000 });
  // The box takes every disconnect, and its Stop follows.
  world.deps.onJobChange((job) => {
    if (job.state !== 'waiting') return;
    setImmediate(() => {
      world.change(job.id, { state: 'done', attempt: 1 });
      const { login } = job.account;
      book.stop(login === 'bob' ? 's-bob' : 's-alice', 6);
    });
  });
  const run = (...words: string[]) => ossia(['sessions', ...words, '--socket', socket], { env: { TZ: 'UTC' } });
  return { world, book, run };
}

test('sessions lists, filters, counts, and hands a wrong field to the daemon', async () => {
  const { run } = await withSessions();
  const all = await run();
  expect(all.out.split('\n')[0]).toMatch(/^SESSION {2}STATE {2}LOGIN {2}ADDRESS {3}MAC/);
  expect(all.out.trimEnd().split('\n')).toHaveLength(3);
  expect((await run('--framed_ip', '10.2.0.0/16')).out).not.toContain('алиса');
  expect(await run('--count', '--login.in', 'bob,eve')).toMatchObject({ code: 0, out: '1\n' });
  expect((await run('--limit', '1')).err).toContain('--cursor 1');
  expect(await run('--logn', 'bob')).toMatchObject({ code: 1, err: expect.stringContaining('did you mean login') });
  expect(await run('--login', 'eve')).toMatchObject({ code: 0, out: '', err: 'no such sessions\n' });
  for (const stray of [
    ['--all'],
    ['--reason', 'x'],
    ['check', 'bob', '--login', 'x'],
    ['disconnect', 's-bob', '--state', 'any', '--reason', 'x'],
  ])
    expect(await run(...stray), stray.join(' ')).toMatchObject({
      code: 2,
      err: expect.stringContaining('does not go with'),
    });
  expect(await run('chekc', 'bob')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean check') });
});

test('sessions show prints one, and as JSON when asked to', async () => {
  const { run } = await withSessions();
  const { code, out } = await run('show', 's-alice');
  expect([code, out]).toEqual([0, expect.stringMatching(/^session s-alice\n[\s\S]*framed_ip +10\.1\.0\.1\n/)]);
  expect(JSON.parse((await run('show', 's-alice', '--json')).out)).toMatchObject({ login: 'алиса', state: 'live' });
  expect((await run('show', 'nothing')).code).toBe(1);
});

test('sessions check says what a support agent reads aloud, and its exit code is the state', async () => {
  const { run, book } = await withSessions();
  const online = await run('check', 'алиса');
  expect(online.code).toBe(0);
  expect(online.out).toMatch(
    /^алиса is online since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\n {2}session s-alice on bras-1 \(10\.1\.0\.1, /,
  );
  expect(online.out).toMatch(/last update 3\d s ago\n/);
  expect(online.out).toContain('Europe/Kyiv');
  for (let count = 0; count < 6; count++) {
    const { id } = book.put({ userName: 'eve', startedAt: Date.now() - 20_000 + count * 1_000 });
    book.stop(id, 2, Date.now() - 19_500 + count * 1_000);
  }
  const offline = await run('check', 'eve', '--timezone', 'UTC');
  expect(offline.code).toBe(3);
  expect(offline.out).toContain("Lost-Carrier, the line or the subscriber's device. The line or the router");
  expect(offline.out).toMatch(/6 sessions, 5 reconnects, \d s online; ended by 6 Lost-Carrier/);
  expect(offline.out).toContain('The line is unstable: 6 times Lost-Carrier');
  book.put({ id: 'stale', userName: 'mallory', framedIp: '10.7.7.7', updatedAt: Date.now() - 3_600_000 });
  expect(await run('check', '10.7.7.7')).toMatchObject({
    code: 4,
    out: expect.stringContaining('silent about it since'),
  });
  expect(await run('check', 'nobody')).toMatchObject({ code: 3, out: expect.stringContaining('No session is known.') });
  expect((await run('check', 'bob', '--timezone', 'Mars/Base')).code).toBe(1);
});

test('sessions disconnect ends one, several, or all when that is said, and only with a reason', async () => {
  const { run, book } = await withSessions();
  expect((await run('disconnect', 's-bob')).code).toBe(2);
  expect((await run('disconnect', '--reason', 'x')).code).toBe(2);
  expect((await run('disconnect', 's-bob', '--all', '--reason', 'x')).code).toBe(2);
  const one = await run('disconnect', 's-bob', '--reason', 'злоупотребление');
  expect(one).toMatchObject({
    code: 0,
    out: expect.stringMatching(/s-bob +bob +bras-1 +yes +ack +1 +the box took it/),
  });
  const several = await run('disconnect', '--login.prefix', 'али', '--reason', 'x', '--wait', '5');
  expect(several).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 ended') });
  book.put({ id: 'far', nas: 'gone-1', userName: 'far' });
  const all = await run('disconnect', '--all', '--reason', 'x');
  expect(all).toMatchObject({ code: 3, out: expect.stringContaining('0 of 1 ended') });
});

test('sessions clear ends what is left and says that nothing is', async () => {
  const { run } = await withSessions();
  expect((await run('clear', 'bob')).code).toBe(2);
  expect(await run('clear', 'bob', '--reason', 'activation')).toMatchObject({
    code: 0,
    out: expect.stringContaining('bob has no session left; 1 found'),
  });
  expect((await run('clear', 'bob', '--reason', 'activation')).out).toContain('0 found');
});

test('sessions follow prints a line for each that comes and goes, only those asked for, until the daemon ends', async () => {
  const { url, socket, world, api } = await runningApi();
  const { book } = world;
  const all = startOssia(['sessions', 'follow', '--socket', socket], { env: { TZ: 'UTC' } });
  const one = startOssia(['sessions', 'follow', '--login', 'алиса', '--json', '--url', url]);
  // Nothing but a line tells that they listen.
  await until(() => {
    book.put({ userName: 'алиса' });
    return all.out() !== '' && one.out() !== '';
  }, 20_000);
  const startedAt = Date.UTC(2026, 10, 21, 12);
  book.put({ id: 'a', userName: 'алиса\u001b[2J', nas: 'bras-1', port: 'vlan7', startedAt });
  book.put({ id: 'b', userName: 'алиса', startedAt });
  book.stop('b', 2, startedAt + 60_000);
  await until(() => all.out().includes('(b)\n') && one.out().includes('"stop"'));
  await api.close();

  expect(await all.ended).toMatchObject({ code: 75, err: 'the daemon has ended the stream\n' });
  const lines = all.out().split('\n');
  expect(lines).toContain('2026-11-21 12:00:00  start      алиса\\u001b[2J 10.1.2.3  on bras-1 vlan7  (a)');
  expect(lines).toContain('2026-11-21 12:01:00  stop       алиса 10.1.2.3  on bras-1  Lost-Carrier  (b)');
  const heard = (await one.ended).out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(heard.map(({ session }) => session.login))).toEqual(new Set(['алиса']));
  expect(heard.at(-1)).toMatchObject({ type: 'stop', session: { id: 'b' } });
}, 40_000);

test('sessions follow says why it cannot', async () => {
  const { run } = await withSessions();
  expect(await run('follow', '--state', 'live')).toMatchObject({ code: 2 });
  expect(await run('follow', '--logn', 'x')).toMatchObject({
    code: 1,
    err: expect.stringContaining('did you mean login'),
  });
  expect(await ossia(['sessions', 'follow', '--socket', '/nowhere'])).toMatchObject({ code: 75 });
});
