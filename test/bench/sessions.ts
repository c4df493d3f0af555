// A million live sessions: how fast they are restored, what each takes of memory, and how long a query on any indexed field takes.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Session } from '#core/model/session.ts';
import { blankSession } from '#core/model/session-body.ts';
import type { Condition } from '#core/sessions/book.ts';
import { idOf } from '#core/sessions/identity.ts';
import { createSessions } from '#core/sessions/sessions.ts';
import { openSessionLog } from '#core/store/session-log/session-log.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { BenchResult, BenchRun } from '#test/bench/result.ts';

const live = 1_000_000;
const boxes = 500;
const plans = 20;
const barMs = 1;

export async function run({ seconds, json }: BenchRun): Promise<BenchResult> {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const directory = await mkdtemp(join(tmpdir(), 'ossia-bench-'));
  try {
    const writing = performance.now();
    // In a process of its own: what it leaves in memory is not ours.
    execFileSync(process.execPath, [import.meta.filename, directory], { stdio: 'inherit' });
    say(`filled in ${seconds1(writing)} s`);
    const before = memory();
    const opening = performance.now();
    const cpuBefore = process.cpuUsage();
    const store = await openStore({ directory });
    const sessions = await createSessions({
      store,
      ingest: { submitSession: async ({ id }) => ({ type: 'accepted', event: id, jobs: [], duplicate: false }) },
      directory: { firing: () => ({ onStart: false, onStop: false }), nasOf: () => undefined },
      settings: { sessionTtl: 0, sessionIndexes: ['street'] },
      log: { warn: () => {} },
    });
    const restoreSeconds = (performance.now() - opening) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    const restoreCpuSeconds = (cpu.user + cpu.system) / 1e6;
    say(
      `restored, so that accounting is answered, in ${restoreSeconds.toFixed(2)} s (${restoreCpuSeconds.toFixed(2)} s of CPU, collecting garbage included)`,
    );
    const firstQueryMs = await timeOf(() =>
      sessions.book.find({ conditions: [text('login', sessionOf(7).userName)], limit: 50 }),
    );
    say(`first query, which waits for its index: ${firstQueryMs.toFixed(0)} ms`);
    await sessions.indexed;
    const indexedSeconds = (performance.now() - opening) / 1000;
    say(`all indexes made after ${indexedSeconds.toFixed(2)} s, this query included`);
    const after = memory();
    const perSession = Math.round((after - before) / live);
    say(`memory per session ${perSession} bytes`);
    const times: Record<string, { p50: number; p99: number; max: number }> = {};
    let worst = 0;
    const kinds = Object.entries(queries);
    for (const [name, queryOf] of kinds) {
      const took: number[] = [];
      const until = performance.now() + (seconds * 1000) / kinds.length;
      while (performance.now() < until || took.length < 100) {
        const conditions = queryOf(Math.floor(Math.random() * live));
        const began = performance.now();
        await sessions.book.find({ conditions, limit: 50 });
        took.push(performance.now() - began);
      }
      took.sort((a, b) => a - b);
      const at = (part: number): number => Number((took[Math.floor(took.length * part)] ?? 0).toFixed(3));
      times[name] = { p50: at(0.5), p99: at(0.99), max: Number((took.at(-1) ?? 0).toFixed(3)) };
      worst = Math.max(worst, at(0.99));
      say(`${name.padEnd(28)} p50 ${at(0.5)} ms, p99 ${at(0.99)} ms of ${took.length}`);
    }
    sessions.close();
    await store.close();
    const replaySeconds = await replay(directory);
    say(`a full log of ${logBytes >> 20} MB read back, its rows written, in ${replaySeconds.toFixed(2)} s more`);
    return {
      bench: 'sessions',
      ours: worst,
      peer: barMs,
      ratio: worst / barMs,
      unit: 'ms, worst p99 of a query (the peer is the bar)',
      details: {
        live,
        restoreSeconds: Number(restoreSeconds.toFixed(2)),
        restoreCpuSeconds: Number(restoreCpuSeconds.toFixed(2)),
        firstQueryMs: Number(firstQueryMs.toFixed(0)),
        indexedSeconds: Number(indexedSeconds.toFixed(2)),
        replaySeconds: Number(replaySeconds.toFixed(2)),
        bytesPerSession: perSession,
        queries: times,
      },
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const text = (field: string, value: string): Condition => ({ field, op: 'eq', value });

/** One for each indexed field and operator; of session n, so that nearly all find something. */
const queries: Readonly<Record<string, (n: number) => readonly Condition[]>> = {
  'id eq': (n) => [text('id', sessionOf(n).id)],
  'user_id eq': (n) => [text('user_id', sessionOf(n).userId)],
  'login eq': (n) => [text('login', sessionOf(n).userName)],
  'login prefix (100)': (n) => [{ field: 'login', op: 'prefix', value: sessionOf(n).userName.slice(0, -6) }],
  'login prefix (10,000)': (n) => [{ field: 'login', op: 'prefix', value: sessionOf(n).userName.slice(0, -8) }],
  'login lt': (n) => [{ field: 'login', op: 'lt', value: sessionOf(n).userName }],
  'framed_ip eq': (n) => [text('framed_ip', sessionOf(n).framedIp)],
  'framed_ip eq within v6 prefix': (n) => [
    text('framed_ip', sessionOf(n).delegatedIpv6Prefix.replace('::/56', ':1::5')),
  ],
  'framed_ip net /24': (n) => [{ field: 'framed_ip', op: 'net', value: `${sessionOf(n).framedIp}/24` }],
  'framed_ip net /16': (n) => [{ field: 'framed_ip', op: 'net', value: `${sessionOf(n).framedIp}/16` }],
  'mac eq': (n) => [text('mac', sessionOf(n).callingStationId.replaceAll(':', '-').toLowerCase())],
  'nas eq': (n) => [text('nas', sessionOf(n).nas)],
  'port eq': (n) => [text('port', sessionOf(n).port)],
  'session_id eq': (n) => [text('session_id', sessionOf(n).acctSessionId)],
  'session_id gt': (n) => [{ field: 'session_id', op: 'gt', value: sessionOf(n).acctSessionId }],
  'plan eq': (n) => [text('plan', sessionOf(n).plan)],
  'plan not': (n) => [{ field: 'plan', op: 'not', value: sessionOf(n).plan }],
  'street eq (site index)': (n) => [text('street', sessionOf(n).fields['street'] ?? '')],
  'nas eq and plan eq': (n) => [text('nas', sessionOf(n).nas), text('plan', sessionOf(n).plan)],
  'login in 20': (n) => [
    { field: 'login', op: 'in', value: Array.from({ length: 20 }, (_, k) => sessionOf((n + k * 997) % live).userName) },
  ],
};

const first = Date.UTC(2026, 10, 1);

function sessionOf(n: number): Session {
  // Spread, so that no order of one field is that of another.
  const mixed = (n * 7919) % live;
  const hex = mixed.toString(16).padStart(6, '0').toUpperCase();
  const userName = `абонент-${String(mixed).padStart(7, '0')}@isp`;
  const nas = `bras-${n % boxes}`;
  const acctSessionId = `8${n.toString(16).padStart(7, '0')}`;
  const startedAt = first + ((n * 104_729) % live) * 1000;
  const key = `${nas}|${acctSessionId}|${userName}|${startedAt / 1000}`;
  return {
    ...blankSession,
    id: idOf(key),
    key,
    nas,
    nasIp: `10.255.${(n % boxes) >> 8}.${(n % boxes) & 255}`,
    nasIdentifier: nas,
    acctSessionId,
    userName,
    userId: String(100_000 + mixed),
    framedIp: `10.${mixed >> 16}.${(mixed >> 8) & 255}.${mixed & 255}`,
    delegatedIpv6Prefix: `2001:db8:${(mixed >> 8).toString(16)}:${((mixed & 255) << 8).toString(16)}::/56`,
    callingStationId: `AA:BB:CC:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`,
    calledStationId: 'pppoe',
    port: `vlan${n % 4096}-${n % 48}`,
    class: '636c617373',
    plan: `plan-${n % plans}`,
    interimInterval: 300,
    startedAt,
    updatedAt: first + live * 1000,
    inputOctets: n * 1000,
    outputOctets: n * 9000,
    sessionTime: 86_400,
    fields: { street: `улица ${n % 10_000}` },
  };
}

async function fill(directory: string): Promise<void> {
  const store = await openStore({ directory });
  const batch = 10_000;
  for (let start = 0; start < live; start += batch)
    await store.write(
      Array.from({ length: batch }, (_, at) => ({ type: 'session', session: sessionOf(start + at) }) as const),
    );
  await store.close();
}

/** As much as may lie in the log at a crash: a full one, and what came while its rows were being written. */
const logBytes = 32 << 20;

/** Seconds until the store is open behind such a log. */
async function replay(directory: string): Promise<number> {
  const log = openSessionLog({ directory: join(directory, 'sessions-log'), onWrite: () => {} });
  for (let start = 0; log.size() < logBytes; start += 1000)
    await log.append(
      Array.from({ length: 1000 }, (_, at) => ({
        session: { ...sessionOf((start + at) % live), updatedAt: first + live * 1000 + 300_000 },
        onlyCounters: true,
      })),
    );
  await log.close();
  const began = performance.now();
  const store = await openStore({ directory });
  const took = performance.now() - began;
  await store.close();
  return took / 1000;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Of this process, after all that can go is gone. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().rss;
}

function seconds1(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

const [, program, directory] = process.argv;
if (program === import.meta.filename && directory !== undefined) await fill(directory);
