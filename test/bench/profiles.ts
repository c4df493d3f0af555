// A thousand profiles: how long until all are in force after the start, what they hold in memory, and what they hold when all have worked.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';
import { startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { childrenOf, residentMegabytes } from '#test/support/sandbox-workers.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const profiles = 1000;
const barSeconds = 5;
const barMegabytes = 1024;
const starts = 3;

export async function run({ json }: BenchRun): Promise<BenchResult> {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  let answered = 0;
  const box = await startCoaBox(() => {
    answered++;
    return true;
  });
  const site = createSite({ plugins: 'plugins' });
  try {
    writeProbePlugin(join(site.directory, 'plugins'));
    for (let n = 0; n < profiles; n++)
      site.profile(`box-${n}`, {
        plugin: 'probe',
        match: { nas_ip: addressOf(n) },
        transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
        options: { label: `коробка ${n}` },
      });
    const ready: number[] = [];
    const cpu: number[] = [];
    let [idleMb, workedMb] = [0, 0];
    for (let start = 0; start < starts; start++) {
      const began = performance.now();
      const daemon = await site.start();
      const { body } = await daemon.call('GET', '/v1/nas');
      ready.push((performance.now() - began) / 1000);
      cpu.push(cpuSecondsOf(daemon.pid));
      const live = (body as { nas: { state: string }[] }).nas.filter(({ state }) => state === 'live').length;
      if (live !== profiles) throw new Error(`${live} of ${profiles} profiles are in force`);
      idleMb = Math.max(idleMb, residentOf(daemon.pid));
      say(`ready after ${ready.at(-1)?.toFixed(2)} s, CPU ${cpu.at(-1)?.toFixed(2)} s, ${Math.round(idleMb)} MB`);
      const before = answered;
      for (let n = 0; n < profiles; n += 100)
        await daemon.fire(...Array.from({ length: 100 }, (_, more) => eventFor(n + more)));
      await until(() => answered - before >= profiles, 120_000);
      workedMb = Math.max(workedMb, residentOf(daemon.pid));
      await daemon.signal('SIGTERM');
    }
    const best = Math.min(...ready);
    return {
      bench: 'profiles',
      ours: best,
      peer: barSeconds,
      ratio: best / barSeconds,
      unit: `s until ${profiles} profiles are in force, the best of ${starts} starts; the peer is the bar`,
      details: {
        'slowest start, s': Math.max(...ready),
        'CPU of the daemon until then, s': Math.min(...cpu),
        'resident when ready, daemon and workers, MB': idleMb,
        'resident when all have worked, MB': workedMb,
        'bar, MB': barMegabytes,
      },
    };
  } finally {
    await site.close();
    await box.close();
  }
}

const addressOf = (n: number): string => `10.${Math.floor(n / 250)}.${n % 250}.1`;

function eventFor(n: number) {
  return { hook: 'user_edit', account: { user_id: String(n), login: `u${n}`, nas_ip: addressOf(n), step: String(n) } };
}

/** The daemon with its sandbox workers. */
function residentOf(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + residentMegabytes(one), 0);
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
