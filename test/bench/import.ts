// A million accounts taken as an import brings them: new, told again without a change, and with one in a hundred changed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createTaking } from '#core/accounts/taking.ts';
import { linesOf } from '#core/api/ndjson.ts';
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
    const taking = createTaking({ catalogue, store, queue, turns: createTurns(), clock: Date.now });
    const details: Record<string, BenchDetails> = {};
    let worst = 0;
    const load = async (name: string, jobs: boolean, changed: (n: number) => boolean): Promise<void> => {
      const began = performance.now();
      let peak = 0;
      const watch = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage().rss);
      }, 250);
      const signal = new AbortController().signal;
      const lines = linesOf(Readable.from(pieces(changed)), { idleMs: 60_000, signal });
      const report = await taking.load(lines, { by: 'bench', jobs, dryRun: false, signal });
      clearInterval(watch);
      const seconds = (performance.now() - began) / 1000;
      worst = Math.max(worst, seconds);
      const { taken, unchanged, rejected } = report;
      if (rejected > 0 || taken + unchanged !== accounts) throw new Error(`${name}: ${JSON.stringify(report)}`);
      const linesPerSecond = Math.round(accounts / seconds);
      const peakMb = Math.round(peak / 1024 ** 2);
      details[name] = { seconds, linesPerSecond, taken, unchanged, jobs: report.jobs, peakMb };
      say(
        `${name}: ${seconds.toFixed(1)} s, ${linesPerSecond} lines/s, ${taken} taken, ${report.jobs} jobs, ${peakMb} MB at most`,
      );
    };
    await load('fresh, stored only', false, () => false);
    await load('unchanged', true, () => false);
    await load('1 % changed', true, (n) => n % 100 === 0);
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
