// The walls that the system keeps around a worker: looked at from inside, from outside, and on a machine that cannot raise them.
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Guest, Sandbox } from '#core/sandbox/sandbox.ts';
import { raiseWalls, type Walls } from '#core/sandbox/walls.ts';
import { wallNames } from '#core/sandbox/walls-rules.ts';
import { addonFile } from '#core/sandbox/worker-code.ts';
import { workerLaunch } from '#core/sandbox/worker-process.ts';
import { childrenOf, workerPids } from '#test/support/sandbox-workers.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';
import { tempDir } from '#test/support/temp-dir.ts';

let walls: Walls;
let sandbox: Sandbox;
let guest: Guest;

beforeAll(async () => {
  walls = await raiseWalls({ worker: workerLaunch, addon: addonFile(), signal: AbortSignal.timeout(30_000) });
  sandbox = await openSandbox({ workers: 1, behind: walls.behind, log: () => {} });
  guest = await sandbox.load(programOf('user_add: ({ account }) => account.login'));
});
afterAll(() => sandbox.close());

test('all of them stand on this machine; that of the memory where its kernel has it', () => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const forbidsWritten = major > 6 || (major === 6 && minor >= 3);
  expect(walls.report).toEqual(
    wallNames.map((name) => ({
      name,
      up: name !== 'memory' || forbidsWritten,
      needed: name !== 'memory',
      detail: expect.any(String),
    })),
  );
});

test('a plugin runs behind them as before', async () => {
  expect(await guest.run(callOf('user_add'))).toEqual({ type: 'returned', value: 'алиса' });
});

test('from outside: another network, no privileges, small limits, an empty environment, no file open but pipes', () => {
  const [pid] = workerPids();
  const of = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
  const status = Object.fromEntries(
    of('status')
      .split('\n')
      .map((line) => line.split(/:\s*/) as [string, string]),
  );
  expect(status).toMatchObject({
    CapEff: '0000000000000000',
    CapPrm: '0000000000000000',
    CapAmb: '0000000000000000',
    NoNewPrivs: '1',
  });
  if (process.getuid?.() === 0) expect(status['Uid']).toBe('65534\t65534\t65534\t65534');
  for (const namespace of ['net', 'user', 'ipc', 'uts', 'mnt', 'pid'])
    expect(readlinkSync(`/proc/${pid}/ns/${namespace}`)).not.toBe(readlinkSync(`/proc/self/ns/${namespace}`));
  expect(of('limits')).toMatch(/Max open files\s+64\s+64/);
  expect(of('limits')).toMatch(/Max file size\s+0\s+0/);
  expect(of('limits')).toMatch(/Max processes\s+64\s+64/);
  expect(of('environ')).toBe('');
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  // Where there is no /dev/null to be opened, libuv keeps the root open in its place: the worker's own.
  expect(open.filter((target) => target.startsWith('/') && !['/dev/null', '/sys'].includes(target))).toEqual([]);
  const routes = of('net/route').trim().split('\n');
  expect(routes.length).toBe(1);
});

test('a worker that is killed is replaced behind the same walls', async () => {
  const [before] = workerPids();
  process.kill(before ?? 0, 'SIGKILL');
  await expect.poll(() => guest.run(callOf('user_add')), { timeout: 5000 }).toMatchObject({ value: 'алиса' });
  const [after] = workerPids();
  expect(after).not.toBe(before);
  expect(readlinkSync(`/proc/${after}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'));
});

test('with the process that waits in front of it a worker dies too', async () => {
  const [before = 0] = workerPids();
  const [waiting] = childrenOf(process.pid).filter((pid) => childrenOf(pid).includes(before));
  process.kill(waiting ?? 0, 'SIGKILL');
  await expect.poll(() => workerPids().includes(before), { timeout: 5000 }).toBe(false);
  await expect.poll(() => guest.run(callOf('user_add')), { timeout: 5000 }).toMatchObject({ value: 'алиса' });
});

test('where user namespaces are forbidden, the start is refused by name and remedy, unless told otherwise', {
  timeout: 60_000,
}, async () => {
  const program = `
    const { requireWalls } = await import(${JSON.stringify(new URL('../../core/sandbox/walls.ts', import.meta.url).href)});
    const { addonFile } = await import(${JSON.stringify(new URL('../../core/sandbox/worker-code.ts', import.meta.url).href)});
    const { workerLaunch } = await import(${JSON.stringify(new URL('../../core/sandbox/worker-process.ts', import.meta.url).href)});
    const told = await requireWalls({ mode: process.argv[1], worker: workerLaunch, addon: addonFile(), signal: AbortSignal.timeout(20_000) }).then(
      ({ report }) => report.filter(({ up }) => !up).map(({ name }) => name).join(),
      ({ code, message }) => code + ': ' + message,
    );
    console.log(told);`;
  const inside = async (mode: string) => {
    const script = `echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" --input-type=module -e "$1" -- "$2"`;
    const given = ['--user', '--map-root-user', 'sh', '-c', script, process.execPath, program, mode];
    return (await promisify(execFile)('unshare', given, { timeout: 40_000 })).stdout.trim();
  };
  expect(await inside('required')).toMatch(
    /^config_invalid: Plugins would run without.*network \(.*user namespaces.*sandbox\.walls: available/,
  );
  expect(await inside('available')).toContain('network');
});

test('some that stand each by itself and not together: the inner ones are down, by name and remedy, and workers start', {
  timeout: 60_000,
}, async () => {
  // As where only root may make a user namespace, and setpriv has made nobody of it.
  const together = `grep -q '^NoNewPrivs:.1' /proc/self/status && [ "$(readlink /proc/self/ns/net)" != "$0" ] && exit 1; exec env -i "$@"`;
  const args = ['-c', together, readlinkSync('/proc/self/ns/net'), workerLaunch.command, ...workerLaunch.args];
  const worker = { command: '/bin/sh', args };
  const partly = await raiseWalls({ worker, addon: addonFile(), signal: AbortSignal.timeout(30_000) });
  expect(partly.report.filter(({ up }) => !up)).toEqual([
    {
      name: 'network',
      needed: true,
      up: false,
      detail: expect.stringMatching(/^a worker can open connections: .*user namespaces/),
    },
    // Of that shell nothing is in the worker's own root.
    {
      name: 'files',
      needed: true,
      up: false,
      detail: expect.stringMatching(/^the system would let .*passwd.* forbids mounts/),
    },
    {
      name: 'processes',
      needed: true,
      up: false,
      detail: expect.stringMatching(/^a worker sees other processes .* forbids mounts/),
    },
  ]);
  expect(partly.behind({ command: 'worker', args: [] })).toMatchObject({
    command: '/usr/bin/perl',
    args: expect.arrayContaining(['--no-new-privs', '/usr/bin/prlimit', 'worker']),
  });
});

test('an engine that only the daemon may read: said before the start, and what to do', {
  timeout: 60_000,
}, async () => {
  const addon = join(tempDir(), 'engine.node');
  copyFileSync(addonFile(), addon);
  const { report } = await raiseWalls({ worker: workerLaunch, addon, signal: AbortSignal.timeout(30_000) });
  const user = report.find(({ name }) => name === 'user');
  if (process.getuid?.() === 0) expect(user?.detail).toMatch(/everybody read the folder of its program/);
  else expect(user).toMatchObject({ up: true });
  expect(report.filter(({ up }) => !up).map(({ name }) => name)).toEqual(process.getuid?.() === 0 ? ['user'] : []);
});

test('a program in a folder whose name a shell or a table of mounts would trip over stands behind all of them', {
  timeout: 60_000,
}, async () => {
  const directory = join(tempDir(), "Мой каталог \\040 'x' $(id)\t#");
  mkdirSync(directory);
  chmodSync(dirname(directory), 0o755);
  const addon = join(directory, 'engine.node');
  copyFileSync(addonFile(), addon);
  const { report } = await raiseWalls({ worker: workerLaunch, addon, signal: AbortSignal.timeout(30_000) });
  expect(report.filter(({ up, needed }) => needed && !up)).toEqual([]);
});
