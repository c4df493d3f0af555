// Events to hardware, end to end: HTTP in, durable, sandbox, CoA-ACK, journalled; beside the shell way on the same box in the same run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { createSite, type DaemonProcess, nodeBin } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const batch = 200;
const inFlight = 4;
/** Events that may be between us and the box: a billing that waits for nothing would only measure how a backlog is kept. */
const mostUnderWay = 4000;

export async function run({ seconds }: BenchRun): Promise<BenchResult> {
  const box = await startBox();
  try {
    const shell = await shellWay({ port: box.port, seconds });
    const ours = await ossiaWay({ box, seconds });
    const perBox = await box.answered();
    return {
      bench: 'hooks',
      ours: ours.perSecond,
      peer: shell,
      ratio: ours.perSecond / shell,
      unit: 'events/s',
      details: {
        ...ours.details,
        boxAnswered: perBox,
        peerIs: 'bash session script with radclient per event, 2 at once',
      },
    };
  } finally {
    box.close();
  }
}

interface Box {
  readonly port: number;
  answered(): Promise<number>;
  close(): void;
}

/** The box in a process of its own, as real ones are. */
async function startBox(): Promise<Box> {
  const child = spawn(nodeBin, [new URL('./coa-box-process.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // Two answers can come in one piece: the newest counts.
  const next = async (): Promise<string> =>
    String((await once(child.stdout, 'data'))[0])
      .trim()
      .split('\n')
      .at(-1) ?? '';
  const port = Number(await next());
  return {
    port,
    answered: async () => {
      child.stdin.write('count\n');
      return Number(await next());
    },
    close: () => void child.kill(),
  };
}

interface Load {
  readonly port: number;
  readonly seconds: number;
}

/** What a billing does without us: a shell per event, which pipes attributes into radclient. Two at once: one for each core. */
async function shellWay({ port, seconds }: Load): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'ossia-shell-'));
  const script = join(directory, 'session');
  writeFileSync(
    script,
    `#!/bin/bash
user_drop() {
  echo "User-Name=\\"$login\\",Filter-Id=\\"blocked\\",Message-Authenticator=0x00" | radclient -r 1 -t 3 "$nas_ip:$coa_port" coa "$radius_secret"
}
"$1"
`,
  );
  chmodSync(script, 0o755);
  try {
    const until = performance.now() + seconds * 1000;
    const began = performance.now();
    let done = 0;
    const worker = async () => {
      while (performance.now() < until) {
        const env = {
          PATH: process.env['PATH'] ?? '',
          login: `user${done}`,
          nas_ip: '127.0.0.1',
          coa_port: String(port),
          radius_secret: 'testing123',
        };
        const [code] = await once(spawn(script, ['user_drop'], { env, stdio: 'ignore' }), 'exit');
        if (code !== 0) throw new Error(`the session script ended with ${code}`);
        done++;
      }
    };
    await Promise.all([worker(), worker()]);
    return done / ((performance.now() - began) / 1000);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function ossiaWay({ box, seconds }: { box: Box; seconds: number }) {
  const site = createSite({ plugins: 'plugins', accounting: { enabled: false }, log: { level: 'info' } });
  try {
    writeProbePlugin(join(site.directory, 'plugins'));
    const coa = { host: '127.0.0.1', port: box.port, secret: 'testing123' };
    for (let nas = 1; nas <= 8; nas++)
      site.profile(`box-${nas}`, {
        plugin: 'probe',
        match: { nas_ip: `10.0.0.${nas}` },
        transports: { coa },
        limits: { concurrency: 64, rate: 'unlimited' },
      });
    const daemon = await site.start();
    await pump({ daemon, box, seconds: Math.min(3, seconds), from: 0 });
    const cpuBefore = cpuSeconds(daemon.pid);
    const { events, perSecond } = await pump({ daemon, box, seconds, from: 1e9 });
    const cpu = cpuSeconds(daemon.pid) - cpuBefore;
    const idle = await latencies(daemon);
    await daemon.signal('SIGTERM');
    const cpuUsPerEvent = Math.round((cpu / events) * 1e6);
    return {
      perSecond,
      details: { events, cpuUsPerEvent, idleLatencyP50Ms: idle.p50, idleLatencyP99Ms: idle.p99 },
    };
  } finally {
    await site.close();
  }
}

/** Sends for so long, then waits until nothing is left: an event counts when its job is done, on the box and on disk. */
async function pump({
  daemon,
  box,
  seconds,
  from,
}: {
  daemon: DaemonProcess;
  box: Box;
  seconds: number;
  from: number;
}) {
  const began = performance.now();
  const end = began + seconds * 1000;
  let sent = from;
  let answered = await box.answered();
  const before = answered;
  const counting = setInterval(async () => {
    answered = await box.answered();
  }, 10);
  const worker = async () => {
    while (performance.now() < end) {
      if (sent - from - (answered - before) > mostUnderWay) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        continue;
      }
      const events = Array.from({ length: batch }, () => eventOf(sent++));
      const answer = await daemon.call('POST', '/v1/events', events);
      if (answer.status !== 202)
        throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body).slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  await until(() => nothingLeft(daemon), 300_000, 20);
  clearInterval(counting);
  const events = sent - from;
  return {
    events,
    perSecond: events / ((performance.now() - began) / 1000),
  };
}

/** One event at a time on an idle daemon: from acceptance to done, as the job itself says. */
async function latencies(daemon: DaemonProcess): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < 200; index++) {
    const began = performance.now();
    const { body } = await daemon.call('POST', '/v1/events', eventOf(2e9 + index));
    const [job] = (body as { jobs: string[] }).jobs;
    await until(
      async () => ((await daemon.call('GET', `/v1/jobs/${job}`)).body as { state: string }).state === 'done',
      5_000,
      1,
    );
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: times[100] ?? 0, p99: times[198] ?? 0 };
}

function eventOf(number: number) {
  const user = number % 100_000;
  const account = { user_id: String(user), login: `user${user}`, ip: '10.1.2.3', nas_ip: `10.0.0.${(user % 8) + 1}` };
  return { id: `bench-${number}`, hook: 'user_drop', account };
}

async function nothingLeft(daemon: DaemonProcess): Promise<boolean> {
  const { body } = await daemon.call('GET', '/v1/jobs?state=waiting&state=running&state=retrying&limit=1');
  return (body as { jobs: unknown[] }).jobs.length === 0;
}

/** User and system time of a process and of the children it still has. */
function cpuSeconds(pid: number): number {
  const ticks = (id: number): number => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  return [pid, ...children.map(Number)].reduce((sum, id) => sum + ticks(id), 0) / 100;
}
