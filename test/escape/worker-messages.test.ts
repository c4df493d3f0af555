// The pipe between daemon and worker, when one side says nonsense: seeds are fixed, and every run still gets one answer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import { parseArguments, parseGuestEnd, parseToHost } from '#core/sandbox/parse-to-host.ts';
import type { ToHost } from '#core/sandbox/to-host.ts';
import type { Launch } from '#core/sandbox/walls-layers.ts';
import { buildWorkerCode } from '#core/sandbox/worker-code.ts';
import { workerLaunch } from '#core/sandbox/worker-process.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const seed = 20_261_122;

const kinds = [
  'ready',
  'loaded',
  'rejected',
  'call',
  'log',
  'ended',
  'abandoned',
  'fault',
  'handled',
  'pong',
  'returned',
  'verdict',
  'threw',
];
const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(-1, 0, 1, 1.5, 1e308, 2 ** 53, '', '__proto__', 'coa', 'constructor', null, true, [], {}),
);
const fields = [
  'guest',
  'run',
  'call',
  'count',
  'ahead',
  'id',
  'usage',
  'hooks',
  'message',
  'stack',
  'result',
  'line',
  'fault',
  'args',
  'transport',
  'method',
  'verdict',
  'reason',
  'afterMs',
  'value',
  'settled',
  '__proto__',
];
const message = fc
  .tuple(fc.constantFrom(...kinds), fc.dictionary(fc.constantFrom(...fields), odd))
  .map(([type, rest]) => JSON.stringify({ ...rest, type }));

/** Of the protocol, and yet nonsense. */
const few = fc.nat(3);
const ofRun = { guest: few, run: few };
const json = fc.constantFrom(
  '[]',
  '{}',
  '{"length":2}',
  '[[1],{"__proto__":1}]',
  '{"type":"returned","value":1}',
  '{"type":"threw"}',
  'x',
  '',
);
const wellFormed = fc
  .oneof(
    fc.record({
      ...ofRun,
      type: fc.constant('call'),
      call: few,
      transport: fc.constantFrom('coa', 'coa', '', 'ssh', '__proto__'),
      method: fc.constantFrom('coa', 'disconnect', 'rows', 'next', 'constructor'),
      args: json,
    }),
    fc.record({ ...ofRun, type: fc.constant('log'), line: fc.string() }),
    fc.record({ ...ofRun, type: fc.constant('ended'), result: json }),
    fc.record({ ...ofRun, type: fc.constant('abandoned'), settled: fc.boolean() }),
    fc.record({
      ...ofRun,
      type: fc.constant('fault'),
      fault: fc.constantFrom('cpu', 'memory', 'limit', 'broken', 'starved'),
    }),
    fc.record({ type: fc.constant('handled'), count: few, ahead: few }),
    fc.record({
      type: fc.constant('pong'),
      id: few,
      usage: fc.array(fc.record({ guest: few, cpuMs: fc.nat(), longMs: few, heapBytes: few })),
    }),
  )
  .map((made) => JSON.stringify(made));

test('what a worker says is read to the last field or not at all, whatever it is', () => {
  const text = fc.oneof(
    message,
    fc.json(),
    fc.string({ unit: 'binary' }),
    message.map((line) => line.slice(0, -2)),
  );
  fc.assert(
    fc.property(text, (line) => {
      for (const read of [parseToHost, parseGuestEnd]) {
        const parsed = read(line);
        expect(parsed === null || kinds.includes(parsed.type)).toBe(true);
        if (parsed && 'guest' in parsed) expect(Number.isSafeInteger(parsed.guest)).toBe(true);
      }
      const args = parseArguments(line);
      expect(args === null || Array.isArray(args)).toBe(true);
      expect(({} as Record<string, unknown>)['guest']).toBe(undefined);
    }),
    { seed, numRuns: 3000 },
  );
});

test.each([
  ['a nest of a million lists', '['.repeat(1e6) + ']'.repeat(1e6)],
  ['a million hooks', JSON.stringify({ type: 'loaded', guest: 1, hooks: Array(1e6).fill('x'), hasSelfTest: false })],
  ['a list that says it is long', '{"length":1e15}'],
])('%s is no message', (_name, line) => {
  expect([parseToHost(line), parseGuestEnd(line), parseToHost(`{"type":${line}}`)]).toEqual([null, null, null]);
});

test('what is said too long for a journal is cut', () => {
  const end = parseGuestEnd(JSON.stringify({ type: 'threw', message: 'ж'.repeat(1e6), stack: 'x'.repeat(1e6) }));
  expect(JSON.stringify(end).length).toBeLessThan(20_000);
});

const nothingBesides = { besides: [] };
const offered = { type: 'loaded', guest: 0, hooks: ['user_add'], ...nothingBesides } satisfies ToHost;

/** Loads what it is asked to, and answers each run with some nonsense of its own kind before it ends it, or never does. */
const fakeWorker = (program: string, from: number): string => `
  const { readSync, writeSync } = require('node:fs');
  const say = (message) => writeSync(3, typeof message === 'string' ? message + '\\n' : JSON.stringify(message) + '\\n');
  let seed = ${from};
  const random = () => ((seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648);
  const pick = (all) => all[Math.floor(random() * all.length)];
  let held = '';
  const chunk = Buffer.alloc(65536);
  for (;;) {
    const size = readSync(3, chunk);
    if (size === 0) process.exit();
    const lines = (held + chunk.toString('utf8', 0, size)).split('\\n');
    held = lines.pop();
    for (const line of lines) {
      const message = JSON.parse(line);
      const { type, guest, run } = message;
      if (type === 'start') say({ type: 'ready', versions: 'none' });
      if (type === 'load') say({ ...${JSON.stringify(offered)}, guest });
      if (type === 'ping') say({ type: 'pong', id: message.id, usage: [{ guest: 1, cpuMs: 1e9, longMs: 0, heapBytes: 1 }, { guest: 99, cpuMs: 0, longMs: 0, heapBytes: 1 }] });
      if (type === 'run') { ${program} }
    }
  }`;

function launchOf(program: string, from = seed): Launch {
  const file = join(tempDir(), 'worker.cjs');
  writeFileSync(file, fakeWorker(program, from));
  return { command: process.execPath, args: [file] };
}

const ended = `say({ type: 'ended', guest, run, result: '{"type":"returned","value":1}' });`;
const call = (rest: string): string =>
  `say({ type: 'call', guest, run, call: 1, transport: 'coa', method: 'coa', args: '[]', ...${rest} });`;

/** What it says, and how the run must end. */
const liars: readonly (readonly [string, string, object])[] = [
  ['a transport that was not granted', `${call(`{ transport: 'ssh', method: 'run' }`)} ${ended}`, { type: 'returned' }],
  [
    'a method from the prototype',
    `${call(`{ method: 'constructor' }`)} ${call(`{ transport: '__proto__' }`)} ${ended}`,
    { type: 'returned' },
  ],
  [
    'the sandbox’s own calls that this run has no use for',
    `${call(`{ transport: '', method: 'rows', args: '[[1]]' }`)} ${ended}`,
    { type: 'returned' },
  ],
  [
    'arguments that are no list',
    `${call(`{ args: '{"length":63}' }`)} ${call(`{ args: 'x' }`)} ${ended}`,
    { type: 'returned' },
  ],
  [
    'runs and guests that there are not',
    `for (let n = 0; n < 2000; n++) say({ type: 'log', guest: guest + n + 1, run: n, line: 'x' }); ${ended}`,
    { type: 'returned' },
  ],
  [
    'an answer for the run of another',
    `say({ type: 'ended', guest, run: run + 1, result: '{}' }); say({ type: 'fault', guest: guest + 1, run, fault: 'cpu' }); ${ended}`,
    { type: 'returned' },
  ],
  ['its end twice', `${ended} ${ended}`, { type: 'returned' }],
  ['more done than it was given', `say({ type: 'handled', count: 1e9, ahead: 1e9 }); ${ended}`, { type: 'returned' }],
  [
    'what it used a hundred thousand times over',
    `say({ type: 'pong', id: 1, usage: Array(2e5).fill({ guest, cpuMs: 0, longMs: 0, heapBytes: 1 }) }); ${ended}`,
    { type: 'returned' },
  ],
  [
    'that it has done nothing, again and again',
    `for (;;) say({ type: 'handled', count: 0, ahead: 1 });`,
    { error: { code: 'worker_lost', message: expect.stringContaining('floods') } },
  ],
  [
    'log lines of a run that there is not, without end',
    `for (;;) say({ type: 'log', guest, run: run + 1, line: 'x' });`,
    { error: { code: 'worker_lost', message: expect.stringContaining('floods') } },
  ],
  ['a flood of calls', `for (let n = 0; n < 1e4; n++) ${call('{ call: n }')}`, { error: { code: 'call_limit' } }],
  [
    'a flood of log lines',
    `for (let n = 0; n < 1e4; n++) say({ type: 'log', guest, run, line: 'x' });`,
    { error: { code: 'call_limit' } },
  ],
  [
    'an end that is none',
    `say({ type: 'ended', guest, run, result: '{"type":"done"}' });`,
    { error: { code: 'call_limit' } },
  ],
  [
    'a result in a nest of a million lists',
    `say({ type: 'ended', guest, run, result: '{"type":"returned","value":' + '['.repeat(1e6) + ']'.repeat(1e6) + '}' });`,
    { type: 'returned' },
  ],
  [
    'a line without an end',
    `for (;;) writeSync(3, 'x'.repeat(1e5));`,
    { error: { code: 'worker_lost', message: expect.stringContaining('too long') } },
  ],
  ['half a line', `writeSync(3, '{"type":"ended"'); process.exit(0);`, { error: { code: 'worker_lost' } }],
  [
    'no JSON',
    `say('{{{{');`,
    { error: { code: 'worker_lost', message: expect.stringContaining('not of the protocol') } },
  ],
  [
    'bytes that are no text',
    `writeSync(3, Buffer.from([0xff, 0xfe, 0x00, 0x0a]));`,
    { error: { code: 'worker_lost' } },
  ],
  [
    'a fault that there is not',
    `say({ type: 'fault', guest, run, fault: 'toString' });`,
    { error: { code: 'worker_lost' } },
  ],
  [
    'an error of a call that it never made',
    `say({ type: 'ended', guest, run, result: JSON.stringify({ type: 'threw', message: 'x', stack: '', call: 7, limit: false }) });`,
    { error: { code: 'plugin_error' } },
  ],
  [
    'nothing at all, and sleeps',
    `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60000);`,
    { error: { code: 'worker_lost', message: expect.stringContaining('does not answer') } },
  ],
];

test.each(liars)(
  'a worker that says %s: the run has one answer, and the host goes on',
  { timeout: 60_000 },
  async (_what, program, wanted) => {
    const launch = launchOf(program);
    const sandbox = await openSandbox({ workers: 1, behind: () => launch, log: () => {} });
    onTestFinished(() => sandbox.close());
    const guest = await sandbox.load(programOf(''));
    const calls: string[] = [];
    const onCall = async (transport: string, method: string): Promise<unknown> =>
      void calls.push(`${transport}.${method}`);
    const result = await guest.run(callOf('user_add', { onCall, withinMs: 8_000 }));
    expect(result).toMatchObject(wanted);
    expect([...new Set(calls)].filter((one) => one !== 'coa.coa')).toEqual([]);
    expect(calls.length).toBeLessThanOrEqual(50);
    // It can be loaded and asked again.
    const next = await (await sandbox.load(programOf('', { name: 'next' }))).run(
      callOf('user_add', { withinMs: 5_000 }),
    );
    expect(['returned', 'failed']).toContain(next.type);
  },
);

test('workers that make up their messages: every run has one answer within its deadline, nothing is granted', {
  timeout: 60_000,
}, async () => {
  const nonsense = fc.sample(wellFormed, { seed, numRuns: 400 });
  const program = `
    const all = ${JSON.stringify(nonsense)};
    for (let n = 0; n < 6; n++) {
      const made = JSON.parse(pick(all));
      if (random() < 0.7) made.guest = guest;
      if (random() < 0.7) made.run = run;
      say(made);
    }
    if (random() < 0.8) ${ended}`;
  const calls: string[] = [];
  const onCall = async (transport: string, method: string): Promise<unknown> =>
    void calls.push(`${transport}.${method}`);
  const ends: string[] = [];
  for (let round = 0; round < 12; round++) {
    const launch = launchOf(program, seed + round);
    const sandbox = await openSandbox({ workers: 1, behind: () => launch, log: () => {} });
    const guest = await sandbox.load(programOf(''));
    for (let run = 0; run < 3; run++) {
      const result = await guest.run(callOf('user_add', { onCall, withinMs: 300 }));
      ends.push(result.type === 'failed' ? result.error.code : result.type);
    }
    await sandbox.close();
  }
  expect(ends).toHaveLength(36);
  expect(new Set(ends).size, ends.join(' ')).toBeGreaterThan(1);
  expect(ends).not.toContain('internal');
  expect([...new Set(calls)].filter((one) => !['coa.coa', 'coa.disconnect'].includes(one))).toEqual([]);
});

test('a worker that is told nonsense answers on or dies of it, and neither hangs nor does anything else', {
  timeout: 60_000,
}, async () => {
  const code = await buildWorkerCode();
  const lines: readonly string[] = [
    '{"type":"run","guest":7,"run":1,"hook":"user_add","input":"{}"}',
    '{"type":"answer","guest":7,"run":1,"call":1,"ok":true,"json":"{"}',
    '{"type":"abandon","guest":7,"run":1,"json":"{}"}',
    '{"type":"unload","guest":"constructor"}',
    '{"type":"load","guest":1}',
    '{"type":"load","guest":1,"source":"for (;;);","device":{},"streams":[],"limits":{"memoryMb":32,"cpuMs":50,"maxCalls":1,"maxCallBytes":1,"maxLogLines":1}}',
    '{"type":"__proto__"}',
    '',
    '{',
    'null',
    '[]',
    `"${'x'.repeat(1e6)}"`,
    '\u0000\ufffd',
  ];
  const dead: string[] = [];
  for (const line of lines) {
    const child = spawn(workerLaunch.command, workerLaunch.args, {
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    });
    const exit = once(child, 'exit').then(() => 'it died');
    const pipe = child.stdio[3] as Duplex;
    pipe.on('error', () => {});
    child.stdin?.on('error', () => {});
    let said = '';
    pipe.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const answered = (id: number) =>
      expect.poll(() => said.includes(`"pong","id":${id}`), { timeout: 8_000 }).toBe(true);
    child.stdin?.end(code.worker);
    pipe.write(
      `${JSON.stringify({ type: 'start', addon: code.addon, prelude: code.prelude })}\n{"type":"ping","id":1}\n`,
    );
    await answered(1);
    pipe.write(`${line}\n{"type":"ping","id":2}\n`);
    const how = await Promise.race([exit, answered(2).then(() => 'it answers on')]);
    if (how === 'it died') dead.push(line.slice(0, 40));
    // All that it says is of the protocol.
    for (const one of said.split('\n').slice(0, -1)) expect(parseToHost(one), one.slice(0, 200)).not.toBe(null);
    // Told no more, it goes.
    pipe.end();
    await exit;
  }
  expect(dead.length).toBeLessThan(lines.length);
});
