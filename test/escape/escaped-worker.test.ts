// A worker that got out of engine and Node altogether: native code behind the walls of root's daemon, and of an ordinary user's.
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { WallReport } from '#core/sandbox/walls-rules.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const ordinary = 12_345;

const moduleOf = (file: string): string => JSON.stringify(new URL(`../../core/sandbox/${file}`, import.meta.url).href);

/** What a daemon does, and then in a worker's place one that loads the library. */
const program = `
  const { raiseWalls } = await import(${moduleOf('walls.ts')});
  const { workerLaunch } = await import(${moduleOf('worker-process.ts')});
  const { spawnSync } = await import('node:child_process');
  const { readFileSync } = await import('node:fs');
  const [addon, secret] = process.argv.slice(1);
  const walls = await raiseWalls({ worker: workerLaunch, addon, signal: AbortSignal.timeout(30_000) });
  const { command, args } = walls.behind(workerLaunch);
  const input = 'process.dlopen({ exports: {} }, ' + JSON.stringify(addon) + ')';
  const { stderr } = spawnSync(command, args, { cwd: '/', env: {}, input, timeout: 20_000, encoding: 'utf8' });
  console.log(JSON.stringify({ report: walls.report, mayRead: readFileSync(secret, 'utf8'), stderr }));`;

interface Told {
  readonly report: readonly WallReport[];
  readonly mayRead: string;
  readonly stderr: string;
}

async function breakOut(uid: number) {
  const directory = tempDir();
  chmodSync(directory, 0o755);
  const secret = join(directory, 'секрет');
  writeFileSync(secret, 'пароль', { mode: 0o600 });
  chownSync(secret, uid, uid);
  const listener = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as { readonly port: number };
  try {
    const addon = join(directory, 'escaped.node');
    // Its parent's number is not known before it runs; ours is as foreign to it.
    const given = {
      PORT: port,
      DAEMON: process.pid,
      SECRET: JSON.stringify(secret),
      NODE: JSON.stringify(process.execPath),
    };
    const defines = Object.entries(given).map(([name, value]) => `-D${name}=${value}`);
    const source = new URL('../support/escaped-worker.c', import.meta.url).pathname;
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', ...defines, '-o', addon, source]);
    const user = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all', '--'];
    const node = [process.execPath, '--input-type=module', '-e', program, addon, secret];
    const { stdout } = await promisify(execFile)('setpriv', [...user, ...node], { cwd: '/', timeout: 60_000 });
    const { report, mayRead, stderr } = JSON.parse(stdout) as Told;
    const tries = Object.fromEntries(
      stderr
        .trim()
        .split('\n')
        .map((line) => line.split(': ')),
    );
    return { report, mayRead, tries };
  } finally {
    listener.close();
  }
}

test.each([
  ['root', 0],
  ['an ordinary user', ordinary],
])(
  'behind the walls of a daemon of %s native code finds nothing, reaches nobody and becomes nothing',
  { timeout: 90_000 },
  async (_, uid) => {
    const { report, mayRead, tries } = await breakOut(uid);
    expect(report.filter(({ up, needed }) => needed && !up)).toEqual([]);
    // Which kernels have it is the other test's matter; that it holds what it says is this one's.
    const forbidden = report.find(({ name }) => name === 'memory')?.up === true ? 'EACCES' : 'done';
    // The daemon itself may.
    expect(mayRead).toBe('пароль');
    const { root, ...others } = tries;
    // What is on the way to Node, its libraries and the engine, and no file beside them.
    expect(root.split(' ')).toEqual(expect.arrayContaining(['lib64']));
    expect(root.split(' ')).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(proc|sys|dev|run|var|bin|boot)$/)]),
    );
    expect(others).toEqual({
      "read the daemon's secret": 'ENOENT',
      'read /etc/passwd': 'ENOENT',
      'read /proc': 'ENOENT',
      'leave by ..': 'ENOENT',
      'write a file': 'EROFS',
      'make Node writable': 'EROFS',
      'signal the daemon': 'ESRCH',
      'signal the others': 'ESRCH',
      'trace the daemon': 'ESRCH',
      connect: 'ENETUNREACH',
      'become root': 'EINVAL',
      mount: 'EPERM',
      unmount: 'EPERM',
      chroot: 'EPERM',
      'make a user namespace': 'EPERM',
      'make a network namespace': 'EPERM',
      'fork without end': 'EAGAIN',
      'run what it wrote': forbidden,
      'make what it wrote runnable': forbidden,
    });
  },
);
