// `ossia fire` against the real API: what is sent, what is shown, and every exit code.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { memoryWorld } from '#test/unit/api/memory-world.ts';
import { runningApi } from '../api/running-api.ts';
import { ossia } from './ossia.ts';

const alice = ['--user_id', '1001', '--login', 'alice', '--nas_ip', '10.0.0.1'];

test('fire sends every other option as a variable, and exits 0 when it is taken', async () => {
  const { socket, world } = await runningApi();
  const { code, out, err } = await ossia([
    'fire',
    'user_add',
    '--socket',
    socket,
    ...alice,
    '--opt82=--x',
    '--comment',
    'Привет мир',
    '--id',
    'evt-1',
  ]);
  expect({ code, out, err }).toEqual({ code: 0, out: 'taken: event evt-1, job 1\n', err: '' });
  expect(world.jobs[0]?.account).toEqual({
    user_id: '1001',
    login: 'alice',
    nas_ip: '10.0.0.1',
    opt82: '--x',
    comment: 'Привет мир',
  });
});

test('fire takes more variables from standard input, so that a password need not be an argument', async () => {
  const { socket, world } = await runningApi();
  const { code } = await ossia(['fire', 'user_add', '--socket', socket, ...alice, '--account', '-'], {
    input: '{"psw":"кот"}',
  });
  expect(code).toBe(0);
  expect(world.jobs[0]?.account['psw']).toBe('кот');
});

test('fire prints one JSON document when asked to', async () => {
  const { socket } = await runningApi();
  const taken = await ossia(['fire', 'user_drop', '--socket', socket, ...alice, '--id', 'a', '--json']);
  const again = await ossia(['fire', 'user_drop', '--socket', socket, ...alice, '--id', 'a', '--json']);
  const refused = await ossia(['fire', 'user_drop', '--socket', socket, '--json']);
  expect(JSON.parse(taken.out)).toEqual({ event: 'a', jobs: ['1'], duplicate: false });
  expect(JSON.parse(again.out)).toEqual({ event: 'a', jobs: ['1'], duplicate: true });
  expect(JSON.parse(refused.out)).toMatchObject({ code: 'input_invalid', status: 422 });
  expect(refused.code).toBe(1);
});

test('fire shows every wrong field by the option that it came from, and exits 1', async () => {
  const { socket, world } = await runningApi();
  const { code, out, err } = await ossia([
    'fire',
    'user_rate_set',
    '--socket',
    socket,
    '--login',
    'a',
    '--nas_ip',
    '10.0.0.1',
    '--ip',
    'x',
    '--rate_in',
    '1M',
    '--occurred-at',
    'now',
  ]);
  expect(code).toBe(1);
  expect(out).toBe('');
  for (const option of ['--user_id', '--ip', '--rate_in', '--rate_out', '--occurred-at'])
    expect(err).toContain(`  ${option}: `);
  expect(world.jobs).toHaveLength(0);
});

test('fire names the hook that was probably meant, and exits 1', async () => {
  const { socket } = await runningApi();
  const { code, err } = await ossia(['fire', 'user_dorp', '--socket', socket, ...alice]);
  expect(code).toBe(1);
  expect(err).toContain('did you mean user_drop?');
});

test('fire exits 75 with what to do when no daemon is there, or its socket is dead, or it takes nothing now', async () => {
  const socket = join(tempDir(), 'ossia.sock');
  const absent = await ossia(['fire', 'user_drop', '--socket', socket, ...alice, '--id', 'evt-9']);
  const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await once(spawn(process.execPath, ['-e', script]), 'exit');
  const dead = await ossia(['fire', 'user_drop', '--socket', socket, ...alice]);
  const world = memoryWorld();
  const running = await runningApi({ world });
  world.failure = new OssiaError('stopping', 'The daemon is stopping.');
  const stopping = await ossia(['fire', 'user_drop', '--socket', running.socket, ...alice, '--id', 'evt-9', '--json']);
  expect([absent.code, dead.code, stopping.code]).toEqual([75, 75, 75]);
  expect(absent.err).toContain('ossia start');
  expect(absent.err).toContain('--id evt-9');
  expect(JSON.parse(stopping.out)).toMatchObject({ code: 'stopping', id: 'evt-9' });
});

test.each([
  [['fire'], 'say which hook'],
  [['fire', 'user_drop', 'user_add'], 'one word too many'],
  [['fire', 'user_drop', '--user_id'], '--user_id needs a value'],
  [['fire', 'user_drop', '--user_id', '--login', 'a'], '--user_id needs a value'],
  [['fire', 'user_drop', '--login', 'a', '--login', 'b'], '--login is there twice'],
  [['fire', 'user_drop', '-u', '1'], 'there is no option -u; a variable is written --u'],
  [['fire', 'user_drop', '--url', 'localhost:8480'], 'not an http or https address'],
  [['fire', 'user_drop', '--url', 'http://x', '--socket', 'y'], 'say one'],
  [['fire', 'user_drop', '--account', '-'], 'not a JSON object'],
])('%j is used wrongly: exit 2', async (args, message) => {
  const { code, out, err } = await ossia(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(message);
});

test('fire --wait follows the job to its end and exits by it', async () => {
  const { socket, world } = await runningApi();
  const endsAs = async (state: 'done' | 'refused', id: string) => {
    const ending = ossia(['fire', 'user_drop', '--socket', socket, ...alice, '--wait', '15', '--id', id]);
    const job = await until(() => world.jobs.find(({ eventId }) => eventId === id));
    world.change(job.id, { state: 'running' });
    world.change(job.id, { state, reason: state === 'done' ? '' : 'нет такого абонента' });
    return ending;
  };
  expect(await endsAs('done', 'a')).toEqual({ code: 0, out: 'job 1 done\n', err: '' });
  expect(await endsAs('refused', 'b')).toEqual({ code: 3, out: 'job 2 refused: нет такого абонента\n', err: '' });
});

test('fire --wait exits 4 when the job has not ended in time', async () => {
  const { socket } = await runningApi();
  const { code, out } = await ossia(['fire', 'user_drop', '--socket', socket, ...alice, '--wait', '0.2', '--json']);
  expect(code).toBe(4);
  expect(JSON.parse(out)).toMatchObject({ jobs: ['1'], ended: [{ id: '1', state: 'waiting' }] });
});

test('fire --wait says that the event is taken when its jobs may not be followed', async () => {
  const { url, world } = await runningApi({ tokens: [{ name: 'crm', role: 'event', token: 'a-long-enough-token' }] });
  const file = join(tempDir(), 'token');
  writeFileSync(file, 'a-long-enough-token');
  const { code, err } = await ossia([
    'fire',
    'user_drop',
    '--url',
    url,
    '--token-file',
    file,
    ...alice,
    '--id',
    'e',
    '--wait',
  ]);
  expect(code).toBe(1);
  expect(err).toContain('taken: event e, job 1; but it cannot be followed');
  expect(world.jobs).toHaveLength(1);
});

test('fire goes over HTTP with a token from a file, and never shows the token', async () => {
  const { url } = await runningApi({ tokens: [{ name: 'crm', role: 'event', token: 'a-long-enough-token' }] });
  const file = join(tempDir(), 'token');
  writeFileSync(file, 'a-long-enough-token\n');
  const good = await ossia(['fire', 'user_drop', '--url', url, '--token-file', file, ...alice]);
  writeFileSync(file, 'a-wrong-token');
  const bad = await ossia(['fire', 'user_drop', '--url', url, '--token-file', file, ...alice]);
  expect(good.code).toBe(0);
  expect(bad.code).toBe(1);
  expect(bad.out + bad.err).not.toContain('a-wrong-token');
});

test('fire finds the socket by ossia.yaml, which may hold references that it cannot read', async () => {
  const { socket } = await runningApi();
  const folder = tempDir();
  mkdirSync(join(folder, 'etc'));
  writeFileSync(
    join(folder, 'etc', 'ossia.yaml'),
    `socket: ${socket}\ntokens: [{ name: a, role: admin, token: '\${file:/nowhere}' }]\n`,
  );
  const here = await ossia(['fire', 'user_drop', ...alice], { cwd: join(folder, 'etc') });
  const named = await ossia(['fire', 'user_drop', '--config', 'etc/ossia.yaml', ...alice], { cwd: folder });
  const missing = await ossia(['fire', 'user_drop', '--config', 'ossia.yml', ...alice], { cwd: folder });
  expect([here.code, named.code, missing.code]).toEqual([0, 0, 1]);
  expect(missing.err).toContain('ossia.yml');
});
