// Sandbox workers that are killed, stopped or swell: what ran in them is told so, and the next run works.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { openSandbox, type SandboxInput } from '#core/sandbox/open-sandbox.ts';
import type { Guest, Sandbox } from '#core/sandbox/sandbox.ts';
import { environmentOf, workerPids } from '#test/support/sandbox-workers.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox | undefined;
afterEach(async () => {
  await sandbox?.close();
  expect(workerPids()).toEqual([]);
});

async function open(input: Partial<SandboxInput> = {}): Promise<Sandbox> {
  sandbox = await openSandbox({ workers: 1, log: () => {}, ...input });
  return sandbox;
}

const roomy = { memoryMb: 32, cpuMs: 5000, maxCalls: 50, maxCallBytes: 1000, maxLogLines: 10 };
const waiting = 'async wait(input, device) { return device.coa.coa({}); }, now() { return 1; }';

test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a worker under %s in the middle of a run is replaced within two seconds',
  async (signal) => {
    const guest = await (await open()).load(programOf(waiting));
    const [pid] = workerPids();
    const began = Promise.withResolvers<number>();
    const run = guest.run(
      callOf('wait', {
        onCall: () => {
          process.kill(pid as number, signal);
          began.resolve(Date.now());
          return new Promise(() => {});
        },
      }),
    );
    const killedAt = await began.promise;
    const result = await run;
    expect(result).toMatchObject({ type: 'failed', error: { code: 'worker_lost', retryable: true } });
    expect(result.type === 'failed' && result.error.message).toContain('acme@1.0.0#test');
    expect(await guest.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
    // SIGSTOP shows only in silence; the bar is the same.
    expect(Date.now() - killedAt).toBeLessThan(2000);
    expect(sandbox?.stats().workerRestarts).toBe(1);
  },
);

test('what a plugin takes its worker down with is its own: those beside it are told apart, and stay where they were', async () => {
  const opened = await open();
  const bomb = 'bomb() { const all = new Map(); for (let i = 0; ; i++) all.set(i, {}); }, now() { return 1; }';
  const bad = await opened.load(programOf(bomb, { name: 'bad', limits: { ...roomy, memoryMb: 16 } }));
  const names = Array.from({ length: 5 }, (_, n) => `good-${n}`);
  const good = await Promise.all(names.map((name) => opened.load(programOf(waiting, { name }))));
  for (const guest of good) await guest.run(callOf('now'));
  // Some wait for their box, some stand behind the bomb in the pipe.
  const before = good.slice(0, 2).map((guest) => guest.run(callOf('wait', { onCall: () => new Promise(() => {}) })));
  await new Promise((resolve) => setTimeout(resolve, 200));
  const bombed = bad.run(callOf('bomb'));
  const behind = good.map((guest) => guest.run(callOf('now')));
  expect(await bombed).toMatchObject({
    error: { code: 'worker_lost', message: expect.stringContaining('out of memory') },
  });
  for (const result of await Promise.all([...before, ...behind])) {
    expect(result).toMatchObject({
      error: { code: 'run_lost', message: expect.stringContaining('not at work for this one') },
    });
  }
  for (const guest of good) expect(await guest.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  expect(workerPids()).toHaveLength(1);
  expect(await bad.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  expect(workerPids()).toHaveLength(2);
});

test('a worker whose start sleeps for long, as behind walls on a busy machine, is waited for', async () => {
  const guest = await (
    await open({
      behind: ({ command, args }) => ({
        command: '/bin/sh',
        args: ['-c', 'sleep 1.5; exec "$0" "$@"', command, ...args],
      }),
    })
  ).load(programOf(waiting));
  expect(await guest.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  expect(sandbox?.stats().workerRestarts).toBe(0);
});

test('a worker that swells is replaced, and the reason names its size', async () => {
  const guest = await (await open({ workerMemoryMb: 150 })).load(
    programOf(
      `${waiting}, async swell(input, device) { const held = []; for (;;) { held.push(new Uint8Array(2e7).fill(1)); await device.coa.coa({}); } }`,
      {
        limits: { memoryMb: 1000, cpuMs: 500, maxCalls: 1000, maxCallBytes: 1000, maxLogLines: 10 },
      },
    ),
  );
  const pause = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 50, null));
  const result = await guest.run(callOf('swell', { withinMs: 8000, onCall: pause }));
  expect(result).toMatchObject({ type: 'failed', error: { code: 'worker_lost' } });
  expect(result.type === 'failed' && result.error.message).toContain('more than 153 MB');
  expect(await guest.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
});

test('a plugin that was stopped for its CPU runs apart from the others afterwards', async () => {
  const opened = await open();
  const bad = await opened.load(programOf('loop() { for (;;); }, now() { return 1; }', { name: 'bad' }));
  expect(workerPids()).toHaveLength(1);
  expect(await bad.run(callOf('loop'))).toMatchObject({ error: { code: 'cpu_exceeded' } });
  expect(await bad.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  expect(workerPids()).toHaveLength(2);
});

test('those that run apart are not beside what did harm for another plugin', async () => {
  const opened = await open();
  const source = 'loop() { for (;;); }, now() { return 1; }, wait(input, device) { return device.coa.coa({}); }';
  const programs = ['one', 'other'].map((plugin) => programOf(source, { owner: { nas: `щит-${plugin}`, plugin } }));
  const [one, other] = (await Promise.all(programs.map((program) => opened.load(program)))) as [Guest, Guest];
  for (const guest of [one, other])
    expect(await guest.run(callOf('loop'))).toMatchObject({ error: { code: 'cpu_exceeded' } });
  expect(await other.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  const before = workerPids();
  expect(await one.run(callOf('now'))).toEqual({ type: 'returned', value: 1 });
  const [apart, ...more] = workerPids().filter((pid) => !before.includes(pid));
  expect(more).toEqual([]);
  const waits = other.run(callOf('wait', { onCall: async () => process.kill(apart as number, 'SIGKILL') }));
  expect(await waits).toEqual({ type: 'returned', value: true });
  // With its last program a plugin's worker for them goes too.
  await other.close();
  await expect.poll(() => [opened.stats().workers, workerPids().length]).toEqual([3, 3]);
});

test('a worker that cannot be started for want of file descriptors is tried again', async () => {
  const warned: string[] = [];
  const guest = await (await open({ log: (_, text) => warned.push(text) })).load(programOf(waiting));
  const [pid] = workerPids();
  // Started before, since nothing can be started then.
  const shell = spawn('sh', { stdio: ['pipe', 'inherit', 'inherit'] });
  const limit = (files: string): unknown => shell.stdin.write(`prlimit --pid ${process.pid} --nofile=${files}:\n`);
  const before = readFileSync('/proc/self/limits', 'utf8').match(/^Max open files\s+(\d+)/m)?.[1] ?? '1024';
  limit('1');
  try {
    await expect.poll(canOpen).toBe(false);
    process.kill(pid as number, 'SIGKILL');
    await expect.poll(() => warned.join()).toContain('could not be started: there are no file descriptors');
    expect(await guest.run(callOf('now'))).toMatchObject({ error: { code: 'run_lost' } });
  } finally {
    limit(before);
    shell.stdin.end();
  }
  await expect.poll(() => guest.run(callOf('now')), { timeout: 5000 }).toEqual({ type: 'returned', value: 1 });
});

function canOpen(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch {
    return false;
  }
}

test('more programs than may reside in memory all keep answering', async () => {
  const opened = await open({ residentIsolates: 3 });
  const names = Array.from({ length: 10 }, (_, n) => n);
  const guests = await Promise.all(names.map((n) => opened.load(programOf(`now() { return ${n}; }`))));
  for (let round = 0; round < 2; round++) {
    const results = await Promise.all(guests.map((guest) => guest.run(callOf('now'))));
    expect(results).toEqual(names.map((value) => ({ type: 'returned', value })));
  }
});

test('a worker has no environment, and only its own pipes', async () => {
  process.env['OSSIA_TEST_SECRET'] = 'must not be seen';
  await open();
  const [pid] = workerPids();
  expect(environmentOf(pid as number)).toBe('');
  delete process.env['OSSIA_TEST_SECRET'];
});

test('close ends running calls with aborted and leaves no process', async () => {
  const guest = await (await open()).load(programOf(waiting));
  const run = guest.run(callOf('wait', { onCall: () => new Promise(() => {}) }));
  await sandbox?.close();
  expect(await run).toMatchObject({ type: 'failed', error: { code: 'aborted' } });
});
