// `ossia jobs retry` and `skip` of many, `ossia pause`, `resume` and `audit`: the real program, at a terminal and without one.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempDir } from '#test/support/temp-dir.ts';
import { at, marta, queueWorld } from '../api/queue-world.ts';
import { ossia } from './ossia.ts';

const refused = { state: 'refused', code: 'nas_refused' } as const;
const main = fileURLToPath(new URL('../../../core/main.ts', import.meta.url));

async function world() {
  const made = await queueWorld();
  const tokenFile = join(tempDir(), 'token');
  writeFileSync(tokenFile, marta.token);
  const daemon = ['--url', made.url, '--token-file', tokenFile];
  return { ...made, daemon, run: (...args: string[]) => ossia([...args, ...daemon], { env: { TZ: 'UTC' } }) };
}

/** What somebody types at a real terminal. */
function atTerminal(args: readonly string[], typed: string): Promise<{ code: number | null; text: string }> {
  const quoted = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['-qec', quoted, '/dev/null'], {
    timeout: 20_000,
    env: { ...process.env, NO_COLOR: '1' },
  });
  let text = '';
  let isAsked = false;
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
    if (isAsked || !text.includes('[y/N] ')) return;
    isAsked = true;
    child.stdin.write(typed);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}

test('many jobs are counted by NAS and hook, and nothing is changed, when nobody can be asked', async () => {
  const { run, job, store } = await world();
  await job('user_drop', at('10.0.0.1', '1'), refused);
  await job('user_drop', at('10.0.0.2', '2'), refused);
  const dry = await run('jobs', 'retry', '--state', 'refused', '--dry-run');
  expect(dry).toMatchObject({ code: 0, err: '' });
  expect(dry.out).toBe(
    'JOBS  NAS       HOOK\n   1  bras-1    user_drop\n   1  10.0.0.2  user_drop\n2 jobs to retry; nothing is changed\n',
  );
  const unasked = await run('jobs', 'retry', '--state', 'refused');
  expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
  expect(await store.jobs({ states: ['refused'], limit: 9 })).toHaveLength(2);
});

test('at a terminal it asks, and only a yes changes something', async () => {
  const { daemon, job, store } = await world();
  await job('user_drop', at('10.0.0.1', '1'), refused);
  const args = ['jobs', 'retry', '--nas', 'bras-1', ...daemon];
  // Return, and the end of what is typed.
  for (const typed of ['\n', '\u0004']) {
    const no = await atTerminal(args, typed);
    expect(no.text).toContain('retry 1 job? [y/N]');
    expect(no).toMatchObject({ code: 1, text: expect.stringContaining('nothing is changed') });
    expect(await store.job('1')).toMatchObject({ state: 'refused' });
  }
  const yes = await atTerminal(args, 'y\n');
  expect(yes).toMatchObject({ code: 0, text: expect.stringContaining('1 of 1 run again') });
  expect(await store.job('1')).toMatchObject({ state: 'waiting', reason: 'retried by Марта' });
});

test('with --yes all that match are retried with other variables, or skipped; what could not be done is told', async () => {
  const { run, job, store } = await world();
  await job('user_drop', at('10.0.0.1', '1'), refused);
  await job('user_redirect', at('10.0.0.1', '2'), refused);
  const order = ['jobs', 'retry', '--error', 'nas_refused', '--hook', 'user_drop', '--yes'];
  const retried = await run(...order, '--set', 'ip=10.9.9.9', '--set', 'comment=а, б');
  expect(retried).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 run again\n') });
  expect(await store.job('1')).toMatchObject({ state: 'waiting', account: { ip: '10.9.9.9', comment: 'а, б' } });
  const wrong = await run('jobs', 'retry', '--hook', 'user_redirect', '--yes', '--set', 'user_id=9');
  expect(wrong).toMatchObject({
    code: 1,
    out: expect.stringMatching(/0 of 1 run again, 1 left as they were\n {2}job 2: /),
  });
  const skipped = await run('jobs', 'skip', '--all', '--reason', 'снят', '--yes', '--json');
  expect(JSON.parse(skipped.out)).toMatchObject({ matched: 2, done: 2, failed: 0 });
  expect(await run('jobs', 'skip', '--all', '--reason', 'x', '--yes')).toMatchObject({
    code: 0,
    err: 'no such jobs\n',
  });
  const audit = await run('audit');
  expect(audit.out).toMatch(
    /^WHEN +WHO +WHAT +DETAIL\n\S+ \S+ {2}Марта {2}jobs\.skip {3}filter=.* reason=снят .*done=2/m,
  );
});

test.for([
  [['retry'], 'say which jobs'],
  [['retry', '1', '--all'], 'say which jobs'],
  [['retry', '--all', '--nas', 'x'], 'say which jobs'],
  [['retry', '1', '--set', 'ip'], '--set takes NAME=VALUE'],
  [['skip', '1', '--reason', 'x', '--set', 'ip=1'], '--set goes with "ossia jobs retry"'],
  [['skip', '--all'], 'say why with --reason'],
  [['retry', '--all', '--limit', '5'], '--limit is for lists'],
  [['--yes'], '--yes goes with'],
  [['show', '1', '--dry-run'], '--dry-run goes with'],
] as const)('jobs %j is used wrongly', async ([args, told]) => {
  const { code, err } = await ossia(['jobs', ...args, '--url', 'http://127.0.0.1:9']);
  expect(code).toBe(2);
  expect(err).toContain(told);
});

test('one job is only tried with --dry-run, and its own box says what it would be sent', async () => {
  const { run, job, store, world: made } = await world();
  await job('user_drop', at('10.0.0.1', '1'), refused);
  made.box.run = async ({ account }) => {
    const sent = { at: 1, kind: 'recorded', via: 'coa', text: `Disconnect-Request ${account['ip']}` } as const;
    return { outcome: { type: 'done' }, exchanges: [sent], value: null, stack: '', program: 'mikrotik' };
  };
  const tried = await run('jobs', 'retry', '1', '--set', 'ip=10.9.9.9', '--dry-run');
  expect(tried).toMatchObject({ code: 0, out: expect.stringContaining('Disconnect-Request 10.9.9.9') });
  const skip = await run('jobs', 'skip', '1', '--reason', 'x', '--dry-run');
  expect(skip).toMatchObject({ code: 0, out: expect.stringContaining('nothing is changed: job 1 is refused') });
  expect(await store.job('1')).toMatchObject({ state: 'refused', account: { ip: '10.1.2.3' } });
});

test('a box is paused and resumed, and it shows in the list of boxes', async () => {
  const { run } = await world();
  expect(await run('pause')).toMatchObject({ code: 0, err: 'nothing is paused\n' });
  expect(await run('pause', 'bras-1')).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
  const tried = await run('pause', '--plugin', 'mikrotik', '--reason', 'x', '--dry-run');
  expect(tried.out).toBe('plugin:mikrotik would be paused: bras-1\n');
  const paused = await run('pause', 'bras-1', '--reason', 'замена платы');
  expect(paused).toMatchObject({ code: 0, out: 'nas:bras-1 is paused: bras-1\n' });
  expect((await run('pause')).out).toMatch(/^nas:bras-1 {2}\S+ \S+ {2}Марта +1 {2}замена платы$/m);
  expect((await run('nas')).out).toMatch(/^bras-1 .* paused, open /m);
  expect((await run('nas', 'show', 'bras-1')).out).toMatch(/paused +nas:bras-1 since .* by Марта: замена платы/);
  expect(await run('pause', '--all', '--reason', 'storm')).toMatchObject({ code: 0 });
  expect(await run('resume', 'bras-1')).toMatchObject({
    code: 0,
    out: 'nas:bras-1 is resumed: bras-1\nbras-1 is still paused by all\n',
  });
  expect(await run('resume', 'bras-1')).toMatchObject({ code: 1, err: expect.stringContaining('is not paused') });
  expect(await run('resume', '--all')).toMatchObject({ code: 0 });
  expect(await run('resume')).toMatchObject({ code: 2 });
});
