// A million accounts compared with what their box lists, and a box filled anew while live events to it go on.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchDetails, BenchResult, BenchRun } from '#test/bench/result.ts';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeListingPlugin } from '#test/support/listing-plugin.ts';
import { createSite, type DaemonProcess } from '#test/support/site.ts';

const compared = 1_000_000;
/** One of so many differs from what it should have. */
const odd = 100;
const barSeconds = 60;
/** Jobs of the filling begun per second; an account takes three. */
const fillRate = 2000;
const mostFilled = 100_000;
const livePerSecond = 50;

export async function run({ seconds, json }: BenchRun): Promise<BenchResult> {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const comparing = await compare(say);
  const filling = await fill(Math.min(mostFilled, seconds * 1000), say);
  const { planSeconds } = comparing;
  return {
    bench: 'resync',
    ours: planSeconds,
    peer: barSeconds,
    ratio: planSeconds / barSeconds,
    unit: 's to list, compare and plan 1,000,000 accounts (the peer is the bar)',
    details: { comparing, filling },
  };
}

async function compare(say: (text: string) => void) {
  const box = await startCoaBox();
  const site = siteOf({ port: box.port, secret: box.secret, users: compared, resync: {} });
  try {
    const daemon = await site.start();
    const importing = performance.now();
    await load(daemon, compared);
    say(`${compared} accounts taken in ${secondsSince(importing)} s`);
    const plan = await timed(daemon, { dry_run: true });
    const { add, change, remove, same } = plan.counts;
    if (add + remove > 0 || change !== compared / odd || same !== compared - change)
      throw new Error(`the plan is wrong: ${JSON.stringify(plan.counts)}`);
    say(
      `list, compare and plan: ${plan.seconds} s (${plan.cpuSeconds} s of CPU in the daemon), ${plan.daemonMb} MB, longest silence ${plan.longestSilenceMs} ms`,
    );
    // What a box was seen to have is kept as made the first time.
    const first = await timed(daemon, { only: ['access', 'rate'] });
    say(`with what was seen kept: ${first.seconds} s, ${first.daemonMb} MB`);
    const drifting = performance.now();
    // While it is counted for the first time there is nothing to answer with.
    while ((await daemon.call('GET', '/v1/drift?max_age=60')).status !== 200) await sleep(100);
    const driftSeconds = secondsSince(drifting);
    say(`drift over all: ${driftSeconds} s`);
    return {
      accounts: compared,
      planSeconds: plan.seconds,
      planCpuSeconds: plan.cpuSeconds,
      daemonMb: plan.daemonMb,
      workersMb: plan.workersMb,
      longestSilenceMs: plan.longestSilenceMs,
      keepingSeconds: first.seconds,
      driftSeconds,
    };
  } finally {
    await site.close();
    await box.close();
  }
}

interface Run {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly counts: Readonly<Record<'add' | 'change' | 'remove' | 'same', number>>;
}

async function timed(daemon: DaemonProcess, body: object) {
  // The peak from here on.
  writeFileSync(`/proc/${daemon.pid}/clear_refs`, '5');
  const cpuBefore = cpuSeconds(daemon.pid);
  const began = performance.now();
  const watching = watchSilence(daemon);
  let workers = 0;
  const watchWorkers = setInterval(() => {
    workers = Math.max(workers, childrenMb(daemon.pid));
  }, 250);
  const { id } = (await daemon.call('POST', '/v1/nas/bras-1/resync', body)).body as Run;
  const look = async () => (await daemon.call('GET', `/v1/resyncs/${id}`)).body as Run;
  let run = await look();
  while (run.state === 'planning') run = await sleep(100).then(look);
  const took = secondsSince(began);
  clearInterval(watchWorkers);
  if (run.state !== 'done' && run.state !== 'applying') throw new Error(`${run.state}: ${run.reason}`);
  const longestSilenceMs = await watching();
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1];
  return {
    counts: run.counts,
    seconds: took,
    cpuSeconds: Number((cpuSeconds(daemon.pid) - cpuBefore).toFixed(1)),
    daemonMb: Math.round(Number(peak) / 1024),
    workersMb: Math.round(workers),
    longestSilenceMs,
  };
}

/** How long the daemon did not answer somebody else, at most. */
function watchSilence(daemon: DaemonProcess): () => Promise<number> {
  let isOver = false;
  let longest = 0;
  const watching = (async () => {
    while (!isOver) {
      const asked = performance.now();
      await fetch(`${daemon.url}/healthz`).then((answer) => answer.text());
      longest = Math.max(longest, performance.now() - asked);
      await sleep(20);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return Math.round(longest);
  };
}

async function fill(accounts: number, say: (text: string) => void) {
  const sentAt = new Map<string, number>();
  const took: number[] = [];
  let filled = 0;
  const box = await startCoaBox((packet) => {
    const what = attributeText(packet, 11);
    if (what === 'user_add') filled++;
    const sent = sentAt.get(what);
    if (sent !== undefined) took.push(performance.now() - sent);
    sentAt.delete(what);
    return true;
  });
  const resync = { rate: `${fillRate}/s`, most_missing: 1 };
  const site = siteOf({ port: box.port, secret: box.secret, users: 1, resync });
  try {
    const daemon = await site.start();
    await load(daemon, accounts);
    const { id } = (await daemon.call('POST', '/v1/nas/bras-1/resync', {})).body as Run;
    const began = performance.now();
    let live = 0;
    const look = async () => (await daemon.call('GET', `/v1/resyncs/${id}`)).body as Run;
    for (let run = await look(); run.state === 'planning' || run.state === 'applying'; run = await look())
      for (let n = 0; n < livePerSecond; n++) {
        const due = sleep(1000 / livePerSecond);
        const user = 1 + ((live * 7919) % accounts);
        const step = `live-${live++}`;
        const { variables } = stateOf(user);
        sentAt.set(step, performance.now());
        void daemon.fire({
          hook: 'user_drop',
          account: { ...variables, user_id: String(user), acct_session_id: step },
        });
        await due;
      }
    const took1 = secondsSince(began);
    await sleep(2000);
    took.sort((a, b) => a - b);
    const at = (part: number): number => Math.round(took[Math.floor(took.length * part)] ?? 0);
    const details = {
      accounts,
      seconds: took1,
      jobsPerSecond: Math.round((3 * accounts) / took1),
      liveEvents: live,
      liveUnanswered: sentAt.size,
      liveP50Ms: at(0.5),
      liveP99Ms: at(0.99),
      liveMaxMs: Math.round(took.at(-1) ?? 0),
      filled,
    } satisfies BenchDetails;
    say(
      `${filled} of ${accounts - 1} filled in ${took1} s; live events p99 ${details.liveP99Ms} ms, ${sentAt.size} not there`,
    );
    return details;
  } finally {
    await site.close();
    await box.close();
  }
}

interface SiteOf {
  readonly port: number;
  readonly secret: string;
  readonly users: number;
  readonly resync: object;
}

function siteOf({ port, secret, users, resync }: SiteOf) {
  const site = createSite({ plugins: 'plugins' });
  writeListingPlugin(join(site.directory, 'plugins'));
  site.profile('bras-1', {
    plugin: 'listing',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port, secret } },
    limits: { concurrency: 64, rate: 'unlimited' },
    options: { users, odd: users > 1 ? odd : 0 },
    resync,
  });
  return site;
}

function stateOf(n: number) {
  const ip = `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  return {
    user_id: String(n),
    variables: { login: `абонент-${n}`, ip, nas_ip: '10.0.0.1', abonent_id: String(n), auth_type: '6' },
    accept: true,
    redirect: false,
    rate: { rate_in: 1000, rate_out: 2000 },
  };
}

async function load(daemon: DaemonProcess, accounts: number): Promise<void> {
  async function* lines() {
    for (let first = 1; first <= accounts; first += 500) {
      const last = Math.min(accounts, first + 499);
      const states = Array.from({ length: last - first + 1 }, (_, n) => JSON.stringify(stateOf(first + n)));
      yield Buffer.from(`${states.join('\n')}\n`);
    }
  }
  const answer = await fetch(`${daemon.url}/v1/accounts/import?jobs=none`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: ReadableStream.from(lines()),
    duplex: 'half',
  });
  const report = (await answer.json()) as { taken?: number };
  if (report.taken !== accounts) throw new Error(`the import failed: ${JSON.stringify(report)}`);
}

/** Of all its threads so far, user and system. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The sandbox's processes. */
function childrenMb(pid: number): number {
  const resident = (child: string): number => {
    try {
      const status = readFileSync(`/proc/${child}/status`, 'utf8');
      if (!new RegExp(`^PPid:\\s+${pid}$`, 'm').test(status)) return 0;
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    } catch {
      return 0;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, child) => sum + resident(child), 0);
}

function secondsSince(began: number): number {
  return Number(((performance.now() - began) / 1000).toFixed(2));
}
