// Saving a profile or its plugin again and again under live events: how long each save takes to be in force, and that no job is lost or run twice.
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { childrenOf, residentMegabytes, waitedForCpuMs } from '#test/support/sandbox-workers.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const barMs = 100;
const savesPerSecond = 100;
const accounts = 40;
const eventsAtOnce = 5;

export async function run({ seconds, json }: BenchRun): Promise<BenchResult> {
  const saves = Math.round(seconds * savesPerSecond);
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const steps: number[] = [];
  const box = await startCoaBox((packet) => {
    steps.push(Number(attributeText(packet, 11)));
    return true;
  });
  const site = createSite({ plugins: 'plugins' });
  try {
    writeProbePlugin(join(site.directory, 'plugins'));
    const plugin = join(site.directory, 'plugins/probe/plugin.ts');
    const profile = (concurrency: number) => ({
      plugin: 'probe',
      match: { nas_ip: '10.0.0.1' },
      transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
      limits: { rate: 'unlimited', concurrency },
    });
    site.profile('box', profile(8));
    const daemon = await site.start();
    const load = startLoad(daemon);
    const waits = { profile: [] as number[], plugin: [] as number[] };
    const served = { profile: [] as number[], plugin: [] as number[] };
    const inside = { profile: [] as number[], plugin: [] as number[] };
    const memory: number[] = [];
    const cpuBefore = cpuSecondsOf(daemon.pid);
    for (let save = 0; save < saves; save++) {
      const kind = save % 4 === 3 ? 'plugin' : 'profile';
      const before = daemon.log.length;
      const began = performance.now();
      const waitedBefore = waitedForCpuMs(daemon.pid);
      // A comment would change nothing that is run, and so would load nothing.
      if (kind === 'plugin') appendFileSync(plugin, `export const save${save} = ${save};\n`);
      else site.profile('box', profile(4 + (save % 8)));
      const line = await until(() => daemon.log.slice(before).find(({ msg }) => msg === 'profile replaced'), 20_000, 1);
      const ms = performance.now() - began;
      waits[kind].push(ms);
      // The daemon was ready and the machine was busy with something else.
      served[kind].push(ms - (waitedForCpuMs(daemon.pid) - waitedBefore));
      inside[kind].push(Number(line['ms']));
      if (save % 100 === 99) {
        memory.push(residentOf(daemon.pid));
        say(`${save + 1} saves, ${Math.round(memory.at(-1) ?? 0)} MB, ${load.sent()} events`);
      }
    }
    const cpuMs = ((cpuSecondsOf(daemon.pid) - cpuBefore) * 1000) / saves;
    const sent = await load.stop();
    await until(() => steps.length >= sent, 60_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const lost = sent - new Set(steps).size;
    const twice = steps.length - new Set(steps).size;
    if (lost > 0 || twice > 0) throw new Error(`${lost} jobs were lost and ${twice} ran twice`);
    const all = [...waits.profile, ...waits.plugin];
    return {
      bench: 'reload',
      ours: percentile(all, 0.99),
      peer: barMs,
      ratio: percentile(all, 0.99) / barMs,
      unit: 'ms from the save of the file to in force, p99; the peer is the bar',
      details: {
        saves,
        'events meanwhile': sent,
        'jobs lost': lost,
        'jobs run twice': twice,
        'p99 without the waits of the daemon for a CPU, ms': percentile([...served.profile, ...served.plugin], 0.99),
        'profiles alone, without these waits, p99 ms': percentile(served.profile, 0.99),
        'plugins alone, without these waits, p99 ms': percentile(served.plugin, 0.99),
        'profile saved, p50 ms': percentile(waits.profile, 0.5),
        'profile saved, p99 ms': percentile(waits.profile, 0.99),
        'plugin saved, p50 ms': percentile(waits.plugin, 0.5),
        'plugin saved, p99 ms': percentile(waits.plugin, 0.99),
        'of it from the reading on: profile p50 ms': percentile(inside.profile, 0.5),
        'of it from the reading on: plugin p50 ms': percentile(inside.plugin, 0.5),
        'CPU of the daemon per save, events included, ms': cpuMs,
        'resident, first third, MB': mean(memory.slice(0, Math.ceil(memory.length / 3))),
        'resident, last third, MB': mean(memory.slice(-Math.ceil(memory.length / 3))),
      },
    };
  } finally {
    await site.close();
    await box.close();
  }
}

/** Events for many lanes, some at once and always more, each with a number of its own. */
function startLoad(daemon: DaemonProcess) {
  let stopped = false;
  let sent = 0;
  const one = (step: number) => ({
    hook: 'user_edit',
    account: { user_id: String(step % accounts), login: 'логин', nas_ip: '10.0.0.1', step: String(step) },
  });
  const running = (async () => {
    while (!stopped) {
      const first = sent;
      sent += eventsAtOnce;
      await daemon.fire(...Array.from({ length: eventsAtOnce }, (_, index) => one(first + index)));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  return {
    sent: () => sent,
    async stop(): Promise<number> {
      stopped = true;
      await running;
      return sent;
    },
  };
}

/** The daemon with its sandbox workers. */
function residentOf(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + residentMegabytes(one), 0);
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
