// A hook with one host call through the sandbox, beside the bare round trips that it takes: over the same kind of pipe, and as Node's own IPC makes them.
import { fork, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Guest } from '#core/sandbox/sandbox.ts';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

const programs = 50;
const inFlight = 200;
/** The run and its host call's answer each wait for the worker once. */
const roundTripsPerHook = 2;

export async function run({ seconds }: BenchRun): Promise<BenchResult> {
  const sandbox = await openSandbox({ workers: 2, log: () => {} });
  const pipe = openBarePipe();
  const ipc = openIpc();
  try {
    const loading = performance.now();
    const guests = await Promise.all(Array.from({ length: programs }, (_, n) => sandbox.load(program(n))));
    const loadMs = (performance.now() - loading) / programs;
    const [first] = guests as [Guest];
    // In turns, so that whatever else the machine does hurts both alike.
    const ours: number[] = [];
    const bare: number[] = [];
    const forked: number[] = [];
    const until = performance.now() + (seconds * 1000) / 2;
    while (performance.now() < until) {
      for (let n = 0; n < 50; n++) {
        const call = callOf('user_drop');
        ours.push(await timed(() => hook(first, call)));
      }
      for (let n = 0; n < 50; n++) bare.push(await timed(() => pipe.roundTrip()));
      for (let n = 0; n < 50; n++) forked.push(await timed(() => ipc.roundTrip()));
    }
    const [hookUs, tripUs, ipcUs] = [percentile(ours, 0.5), percentile(bare, 0.5), percentile(forked, 0.5)];
    // What else the machine does shows in the middle; what the code costs, in the best tenth.
    const best = [ours, bare, forked].map((times) => percentile(times, 0.1)) as [number, number, number];
    return {
      bench: 'sandbox',
      ours: hookUs,
      peer: tripUs * roundTripsPerHook,
      ratio: hookUs / (tripUs * roundTripsPerHook),
      unit: 'us per hook with one host call, p50',
      details: {
        'hook p99 us': percentile(ours, 0.99),
        'bare round trip p50 us': tripUs,
        'bare round trip p99 us': percentile(bare, 0.99),
        'round trip of child_process.fork p50 us': ipcUs,
        'ratio to two of those': hookUs / (ipcUs * roundTripsPerHook),
        'best tenth us': best[0],
        'best tenth, ratio to two bare round trips': best[0] / (best[1] * roundTripsPerHook),
        'best tenth, ratio to two of fork': best[0] / (best[2] * roundTripsPerHook),
        [`hooks per second, ${inFlight} in flight, 2 workers`]: await throughput(guests, seconds / 2),
        'loading one program ms': loadMs,
      },
    };
  } finally {
    pipe.close();
    ipc.close();
    await sandbox.close();
  }
}

function program(n: number) {
  const source = `async user_drop({ account }, device) { await device.coa.coa({ 'User-Name': account.login }); } /* ${n} */`;
  return programOf(source, { name: `bench@${n}` });
}

async function hook(guest: Guest, call = callOf('user_drop')): Promise<void> {
  const result = await guest.run(call);
  if (result.type !== 'returned') throw new Error(`The hook ended with ${JSON.stringify(result)}.`);
}

async function throughput(guests: readonly Guest[], seconds: number): Promise<number> {
  const began = performance.now();
  const until = began + seconds * 1000;
  let hooks = 0;
  const caller = async (guest: Guest): Promise<void> => {
    for (; performance.now() < until; hooks++) await hook(guest);
  };
  await Promise.all(Array.from({ length: inFlight }, (_, n) => caller(guests[n % guests.length] as Guest)));
  return hooks / ((performance.now() - began) / 1000);
}

/** A process that only sends back what it reads, blocking as the workers do. */
function openBarePipe() {
  const echo = `const { readSync, writeSync } = require('node:fs'); const chunk = Buffer.alloc(65536);
    for (let size; (size = readSync(3, chunk)) > 0; ) writeSync(3, chunk, 0, size);`;
  const child = spawn(process.execPath, ['-e', echo], { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const pipe = child.stdio[3] as Duplex;
  const message = Buffer.from(`${JSON.stringify(callOf('user_drop').input)}\n`);
  return {
    roundTrip: () =>
      new Promise<void>((resolve) => {
        pipe.once('data', () => resolve());
        pipe.write(message);
      }),
    close: () => pipe.end(),
  };
}

/** The same, by what Node offers for it. */
function openIpc() {
  const child = fork(new URL('ipc-echo-process.ts', import.meta.url), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const message = callOf('user_drop').input;
  return {
    roundTrip: () =>
      new Promise<void>((resolve) => {
        child.once('message', () => resolve());
        child.send(message);
      }),
    close: () => child.disconnect(),
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) * 1000;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}
