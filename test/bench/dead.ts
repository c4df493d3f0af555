// What dead boxes do to a live one: the time from event to done on a live box, alone and beside boxes that swallow everything.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';
import { startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const deadBoxes = 50;
const perSecond = 100;
/** Accounts that wait at each dead box. */
const backlog = 100;

export async function run({ seconds }: BenchRun): Promise<BenchResult> {
  const alive = await startCoaBox();
  // Listens and never answers: the worst kind, since every request to it takes its whole deadline.
  const silent: Socket = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const site = createSite({ plugins: 'plugins', accounting: { enabled: false } });
  try {
    writeProbePlugin(join(site.directory, 'plugins'));
    const profile = (name: string, nasIp: string, port: number) => {
      const transports = { coa: { host: '127.0.0.1', port, secret: alive.secret } };
      site.profile(name, {
        plugin: 'probe',
        match: { nas_ip: nasIp },
        transports,
        limits: { rate: 'unlimited', deadline: '2s' },
      });
    };
    profile('alive', '10.0.0.1', alive.port);
    for (let box = 1; box <= deadBoxes; box++) profile(`dead-${box}`, `10.0.1.${box}`, silent.address().port);
    const daemon = await site.start();
    await steady({ daemon, seconds: 2, round: 'warm' });
    const alone = await steady({ daemon, seconds, round: 'alone' });
    for (let box = 1; box <= deadBoxes; box++)
      await daemon.fire(
        ...Array.from({ length: backlog }, (_, user) => eventOf(`dead-${box}-${user}`, `10.0.1.${box}`)),
      );
    const beside = await steady({ daemon, seconds, round: 'beside' });
    await daemon.signal('SIGKILL');
    return {
      bench: 'dead',
      ours: beside.p99,
      peer: alone.p99,
      ratio: beside.p99 / alone.p99,
      unit: 'ms (p99)',
      details: {
        deadBoxes,
        waitingAtThem: deadBoxes * backlog,
        eventsPerSecond: perSecond,
        p50Beside: beside.p50,
        p50Alone: alone.p50,
        peerIs: 'the same box with no dead ones',
      },
    };
  } finally {
    await site.close();
    await alive.close();
    silent.close();
  }
}

function eventOf(user: string, nasIp: string) {
  return { id: user, hook: 'user_drop', account: { user_id: user, login: user, nas_ip: nasIp } };
}

/** Fires at a steady pace, whatever comes back, and takes each job's own times. */
async function steady({ daemon, seconds, round }: { daemon: DaemonProcess; seconds: number; round: string }) {
  const total = Math.round(seconds * perSecond);
  const began = performance.now();
  const fired: Promise<unknown>[] = [];
  for (let index = 0; index < total; index++) {
    const wait = began + (index * 1000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    fired.push(daemon.fire(eventOf(`${round}-${index}`, '10.0.0.1')));
  }
  const ids = ((await Promise.all(fired)) as { jobs: string[] }[][]).map((answers) => answers[0]?.jobs[0] ?? '');
  const times = await Promise.all(
    ids.map((id) =>
      until(
        async () => {
          const job = (await daemon.call('GET', `/v1/jobs/${id}`)).body as {
            state: string;
            created_at: string;
            updated_at: string;
          };
          return job.state === 'done' && { ms: Date.parse(job.updated_at) - Date.parse(job.created_at) };
        },
        30_000,
        50,
      ),
    ),
  );
  const sorted = times.map(({ ms }) => ms).sort((a, b) => a - b);
  return { p50: sorted[Math.floor(total * 0.5)] ?? 0, p99: sorted[Math.floor(total * 0.99)] ?? 0 };
}
