// A million accounts taken as an import brings them: new, told again without a change, and with one in a hundred changed.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createTaking } from '#core/accounts/taking.ts';
import { linesOf } from '#core/api/ndjson.ts';
import { openIngest } from '#core/ingest/open-ingest.ts';
import { loadCatalogue } from '#core/map/catalogue.ts';
import { createTurns } from '#core/model/turns.ts';
import { openQueue } from '#core/queue/open-queue.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { BenchDetails, BenchResult, BenchRun } from '#test/bench/result.ts';

const accounts = 1_000_000;
const boxes = 200;
const barSeconds = 60;

export async function run({ json }: BenchRun): Promise<BenchResult> {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'ossia-bench-'));
  const catalogue = await loadCatalogue(new URL('../../hooks', import.meta.url).pathname);
  try {
    const store = await openStore({ directory });
    const queue = await openQueue({ store, hooks: catalogue, clock: Date.now, maxWaiting: 1e6, log: () => {} });
    const turns = createTurns();
    const around = { catalogue, queue, turns, clock: Date.now, onEvent: () => {} };
    const taking = createTaking({ ...around, store });
    const ingest = openIngest({ ...around, record: store.record });
    const details: Record<string, BenchDetails> = {};
    let worst = 0;
    const load = async (
      name: string,
      asked: { readonly jobs: boolean; readonly changed: 'none' | 'some' },
    ): Promise<void> => {
      const began = performance.now();
      const cpuBefore = process.cpuUsage();
      let peak = 0;
      const waits: number[] = [];
      const watch = setInterval(async () => {
        peak = Math.max(peak, process.memoryUsage().rss);
        const sent = performance.now();
        await ingest.submit(
          [{ hook: 'user_edit', account: { user_id: `live-${waits.length}`, nas_ip: '10.254.0.1' } }],
          'bench',
        );
        waits.push(performance.now() - sent);
      }, 50);
      const signal = new AbortController().signal;
      // In a process of its own, as the billing is one.
      const sender = spawn(process.execPath, [import.meta.filename, asked.changed], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = linesOf(sender.stdout, { idleMs: 60_000, signal });
      const report = await taking.load(lines, { by: 'bench', jobs: asked.jobs, dryRun: false, signal });
      clearInterval(watch);
      const seconds = (performance.now() - began) / 1000;
      const cpu = process.cpuUsage(cpuBefore);
      worst = Math.max(worst, seconds);
      const { taken, unchanged, rejected } = report;
      if (rejected > 0 || taken + unchanged !== accounts) throw new Error(`${name}: ${JSON.stringify(report)}`);
      waits.sort((a, b) => a - b);
      const eventP99Ms = Math.round(waits[Math.floor(waits.length * 0.99)] ?? 0);
      const linesPerSecond = Math.round(accounts / seconds);
      const cpuSeconds = Number(((cpu.user + cpu.system) / 1e6).toFixed(1));
      const peakMb = Math.round(peak / 1024 ** 2);
      details[name] = { seconds, cpuSeconds, linesPerSecond, taken, unchanged, jobs: report.jobs, peakMb, eventP99Ms };
      const spent = `${seconds.toFixed(1)} s (${cpuSeconds} s of CPU), ${linesPerSecond} lines/s, ${peakMb} MB at most`;
      say(`${name}: ${spent}; ${taken} taken, ${report.jobs} jobs; an event beside took p99 ${eventP99Ms} ms`);
    };
    await load('fresh, stored only', { jobs: false, changed: 'none' });
    await load('unchanged', { jobs: true, changed: 'none' });
    await load('1 % changed', { jobs: true, changed: 'some' });
    queue.close();
    await store.close();
    return {
      bench: 'import',
      ours: worst,
      peer: barSeconds,
      ratio: worst / barSeconds,
      unit: 's for a million accounts, the slowest of three (the peer is the bar)',
      details,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As they come over the network: some hundred lines at a time. */
function* pieces(changed: (n: number) => boolean): Generator<Buffer> {
  for (let from = 0; from < accounts; from += 200) {
    const lines = Array.from({ length: 200 }, (_, at) => `${JSON.stringify(stateOf(from + at, changed(from + at)))}\n`);
    yield Buffer.from(lines.join(''));
  }
}

function stateOf(n: number, isChanged: boolean): unknown {
  const box = n % boxes;
  return {
    user_id: String(100_000 + n),
    variables: {
      user_id: String(100_000 + n),
      abonent_id: String(n >> 1),
      login: `абонент-${n}@isp`,
      ip: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      mac: `AA:BB:CC:00:${(n >> 8) & 255}:${n & 255}`,
      psw: `p${n * 7919}`,
      auth_type: n % 3 === 0 ? '1' : '6',
      deleted: '0',
      switch_ip: `172.16.${n % 250}.2`,
      switch_port: String(n % 48),
      nas_ip: `10.255.${box >> 8}.${box & 255}`,
      nas_id: String(box),
      tariff_name: `Домашний ${n % 20}`,
      address: `ул. Ленина, ${n % 300}`,
    },
    accept: n % 50 !== 0,
    redirect: isChanged !== (n % 20 === 0),
    own_disabled: false,
    rate: { rate_in: '102400', rate_out: '102400' },
    services: n % 4 === 0 ? ['тв', 'тв-спорт'] : [],
  };
}

const [, program, asked] = process.argv;
if (program === import.meta.filename) {
  const changed = (n: number): boolean => asked === 'some' && n % 100 === 0;
  await pipeline(Readable.from(pieces(changed)), process.stdout);
}
