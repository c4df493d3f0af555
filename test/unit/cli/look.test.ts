// `ossia jobs` and `ossia nas` against the real API, and the program's own help.
import { expect, test } from 'vitest';
import { boxSecret } from '../api/memory-world.ts';
import { type RunningApi, runningApi } from '../api/running-api.ts';
import { ossia } from './ossia.ts';

async function withJobs(): Promise<RunningApi> {
  const running = await runningApi();
  await running.send([
    { id: 'evt-1', hook: 'user_add', account: { user_id: '1', login: 'алиса', psw: 'hush', nas_ip: '10.0.0.1' } },
    { id: 'evt-2', hook: 'user_drop', account: { user_id: '2', login: 'bob', nas_ip: '10.0.0.2' } },
  ]);
  running.world.change('1', {
    state: 'dead',
    attempt: 3,
    reason: 'says\u001b[31m "no"\nand more',
    code: 'nas_refused',
  });
  running.world.journal.push(
    {
      jobId: '1',
      attempt: 1,
      at: Date.UTC(2026, 10, 21, 20),
      nas: 'bras-1',
      kind: 'sent',
      via: 'routeros',
      text: '/ppp/secret/add\n=name=алиса',
    },
    {
      jobId: '1',
      attempt: 1,
      at: Date.UTC(2026, 10, 21, 20),
      nas: 'bras-1',
      kind: 'received',
      via: 'routeros',
      text: '!trap\n\t=message=no',
    },
  );
  return running;
}

test('jobs lists them aligned, from new to old, without colour when piped', async () => {
  const { socket } = await withJobs();
  const { code, out } = await ossia(['jobs', '--socket', socket], { env: { TZ: 'UTC' } });
  const lines = out.trimEnd().split('\n');
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^JOB {2}STATE {4}HOOK {6} ?USER {2}LOGIN {2}NAS {7}RUNS {2}CHANGED {14}REASON$/);
  expect(lines[1]).toMatch(/^ {2}2 {2}waiting {2}user_drop {2}2 {5}bob {4}10\.0\.0\.2 {5}0 {2}\d{4}-/);
  expect(lines[2]).toMatch(/^ {2}1 {2}dead {5}user_add {3}1 {5}алиса {2}bras-1 {7}3 {2}\d{4}-/);
  expect(out).not.toContain('\u001b');
  expect(lines).toHaveLength(3);
});

test('jobs passes its filters on, and says how to go on', async () => {
  const { socket } = await withJobs();
  const dead = await ossia(['jobs', '--socket', socket, '--state', 'dead', '--login', 'алиса', '--json']);
  expect((JSON.parse(dead.out) as { jobs: unknown[] }).jobs).toHaveLength(1);
  const first = await ossia(['jobs', '--socket', socket, '--limit', '1']);
  expect(first.err).toContain('--cursor 2');
  const wrong = await ossia(['jobs', '--socket', socket, '--state', 'dying']);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('--state: expected waiting, running');
  const none = await ossia(['jobs', '--socket', socket, '--login', 'nobody']);
  expect({ code: none.code, out: none.out }).toEqual({ code: 0, out: '' });
});

test('jobs show prints what the job is and its timeline, with nothing in it that steers the terminal', async () => {
  const { socket } = await withJobs();
  const { code, out } = await ossia(['jobs', 'show', '1', '--socket', socket], { env: { TZ: 'UTC' } });
  expect(code).toBe(0);
  expect(out).toContain('job 1  user_add');
  expect(out).toContain('login=алиса');
  expect(out).toContain('psw=***');
  expect(out).toContain('says\\u001b[31m "no"\\nand more');
  expect(out).toContain(
    '  20:00:00.000  #1  sent      routeros  /ppp/secret/add\n                                        =name=алиса\n',
  );
  expect(out).toContain('!trap\n                                            =message=no\n');
  expect(out).not.toContain('hush');
  const shown = await ossia(['jobs', 'show', '1', '--socket', socket, '--json']);
  expect(JSON.parse(shown.out)).toMatchObject({ id: '1', journal: [{ kind: 'sent' }, { kind: 'received' }] });
});

test('jobs retry and skip act on one job, and say what it is now', async () => {
  const { socket, world } = await withJobs();
  const retried = await ossia(['jobs', 'retry', '1', '--socket', socket]);
  const skipped = await ossia(['jobs', 'skip', '2', '--reason', 'снят', '--socket', socket]);
  expect(retried).toMatchObject({ code: 0, out: 'job 1 is waiting: retried by socket\n' });
  expect(skipped).toMatchObject({ code: 0, out: 'job 2 is skipped: skipped by socket: снят\n' });
  world.change('1', { state: 'done' });
  expect(await ossia(['jobs', 'retry', '1', '--socket', socket])).toMatchObject({ code: 1 });
  expect(await ossia(['jobs', 'show', '99', '--socket', socket])).toMatchObject({
    code: 1,
    err: 'ossia jobs: There is no job 99.\n',
  });
  expect(await ossia(['jobs', 'skip', '1', '--socket', socket])).toMatchObject({ code: 2 });
  expect((await ossia(['jobs', 'shwo', '1', '--socket', socket])).err).toContain('did you mean show?');
});

test('nas lists what is in force and what is refused, with file and line, and no secret', async () => {
  const { socket } = await withJobs();
  const { code, out } = await ossia(['nas', '--socket', socket], { env: { TZ: 'UTC' } });
  expect(code).toBe(0);
  expect(out).toMatch(/^bras-1 {2}mikrotik@1\.2\.0 {2}10\.0\.0\.1 {2}live {5}open /m);
  expect(out).toMatch(/^core-2 .*refused .*core-2\.yaml:4 transports\.ssh\.port: expected a port$/m);
  const shown = await ossia(['nas', 'show', 'bras-1', '--socket', socket]);
  expect(shown.out).toContain('used     4 runs with 8 calls; 375.0 ms a run, of it CPU 2.5 ms a run; 1.9 MB\n');
  expect(shown.out).toContain('user_add user_drop');
  const all = await ossia(['nas', '--socket', socket, '--json']);
  expect(JSON.parse(all.out)).toMatchObject({ nas: [{ name: 'bras-1' }, { name: 'core-2' }] });
  for (const text of [out, shown.out, all.out]) expect(text).not.toContain(boxSecret);
  expect(await ossia(['nas', 'show', 'bars-1', '--socket', socket])).toMatchObject({
    code: 1,
    err: expect.stringContaining('bras-1?'),
  });
});

test('the program says what there is, and the nearest command to a mistyped one', async () => {
  expect(await ossia([])).toMatchObject({ code: 2, out: '', err: expect.stringContaining('usage: ossia COMMAND') });
  expect(await ossia(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('fire'), err: '' });
  expect(await ossia(['help', 'fire'])).toMatchObject({ code: 0, out: expect.stringContaining('exit codes') });
  expect(await ossia(['jobs', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('usage: ossia jobs') });
  expect(await ossia(['strat'])).toMatchObject({
    code: 2,
    err: 'ossia: there is no command strat; did you mean start?\n',
  });
  expect((await ossia(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('nas sync says what came of the comparison, and exits 1 when it stopped', async () => {
  const { socket } = await withJobs();
  const stopped = await ossia(['nas', 'sync', 'bras-1', '--socket', socket]);
  expect(stopped).toMatchObject({ code: 1, out: expect.stringContaining('3 of 10 live sessions are gone') });
  expect(stopped.out).toContain('10 live, 7 listed: 0 closed, 1 adopted, 3 missing');
  const done = await ossia(['nas', 'sync', 'bras-1', '--any-share', '--json', '--socket', socket]);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.out)).toMatchObject({ result: 'done', closed: 3, missing: 0 });
  expect(await ossia(['nas', 'sync', 'nowhere', '--socket', socket])).toMatchObject({ code: 1 });
  expect(await ossia(['nas', 'show', 'bras-1', '--any-share', '--socket', socket])).toMatchObject({ code: 2 });
});

test('what keeps a command from the daemon is said with what to do about it', async () => {
  const { url } = await runningApi({ tokens: [{ name: 'noc', role: 'viewer', token: 'a-long-enough-token' }] });
  const noToken = await ossia(['jobs', '--url', url]);
  expect(noToken).toMatchObject({
    code: 1,
    err: expect.stringContaining('name the file that holds it with --token-file'),
  });
  const noFile = await ossia(['jobs', '--url', url, '--token-file', '/nowhere/token']);
  expect(noFile.err).toBe('ossia jobs: /nowhere/token: there is no such file.\n');
  const noSocket = await ossia(['nas', '--socket', '/nowhere/ossia.sock']);
  expect(noSocket.code).toBe(75);
  expect(noSocket.err).toMatch(/^ossia nas: cannot reach the daemon at \/nowhere\/ossia\.sock: .*--url\n$/);
});
