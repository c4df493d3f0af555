// Accounting packets answered after they are durable, beside FreeRADIUS with PostgreSQL, with detail files, and a raw echo: one sender for all.
import { execFile, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startAccountingListener } from '#core/ingest/accounting-listener.ts';
import { createSessions } from '#core/sessions/sessions.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { buildSlowDisk } from '#test/support/slow-disk.ts';
import type { SenderOptions, SenderResult } from './accounting-sender.ts';
import { startFreeradiusDetail, startFreeradiusPostgres } from './peer-freeradius.ts';
import { measurePeer } from './peer-load.ts';

export interface BenchOptions {
  readonly json: boolean;
  readonly seconds?: number;
}

const secret = 'testing123';
const outstanding = 1000;
const sockets = 8;
const outstandingAtPostgres = 256;
const slowSyncMs = 50;

/** Both servers run in this process, one after the other; the sender is a process of its own. */
export async function run({ json, seconds = 8 }: BenchOptions) {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const echo = await measureEcho(seconds);
  say(`raw echo        ${rate(echo)} packets/s`);
  const ours = await measureOurs(seconds);
  say(`durable answers ${rate(ours)} packets/s, p99 ${ours.p99} ms, ${ours.packetsPerCommit} packets a commit`);
  const slow = await measureSlowDisk(seconds);
  say(`every sync ${slowSyncMs} ms slower ${rate(slow)} packets/s, p99 ${slow.p99} ms, ${slow.wrong} wrong`);
  // Fewer at once than ours gets: so many it answers before the sender repeats them.
  const postgres = await measurePeer(startFreeradiusPostgres, { seconds, outstanding: outstandingAtPostgres });
  say(`FreeRADIUS, PostgreSQL ${postgres.rate} packets/s, p99 ${postgres.p99} ms`);
  const detail = await measurePeer(startFreeradiusDetail, { seconds, outstanding });
  say(`FreeRADIUS, detail     ${detail.rate} packets/s, p99 ${detail.p99} ms`);
  const result = {
    bench: 'accounting',
    ours: rate(ours),
    peer: postgres.rate,
    ratio: Number((rate(ours) / postgres.rate).toFixed(2)),
    unit: 'packets/s',
    details: {
      seconds,
      outstanding,
      outstandingAtPostgres,
      sockets,
      load: 'Start, 8 Interims, Stop; accounts unknown to billing',
      ours,
      slowDisk: { slowSyncMs, ...slow, rate: rate(slow) },
      peerIs: 'FreeRADIUS with its stock PostgreSQL accounting, 8 connections',
      postgres,
      detail: { ...detail, ratio: Number((rate(ours) / detail.rate).toFixed(2)) },
      echo: { ...echo, rate: rate(echo), ratio: Number((rate(ours) / rate(echo)).toFixed(3)) },
    },
  } as const;
  return result;
}

function rate({ answered, seconds }: SenderResult): number {
  return Math.round(answered / seconds);
}

async function measureEcho(seconds: number): Promise<SenderResult> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: 8 << 20,
    lookup: (address, family, callback) => callback(null, address, typeof family === 'number' ? family : 4),
  });
  socket.on('message', (datagram, { address, port }) => {
    datagram[0] = 5;
    socket.send(datagram.subarray(0, 20), port, address);
  });
  const listening = once(socket, 'listening');
  socket.bind(0, '127.0.0.1');
  await listening;
  const result = await runSender({ port: socket.address().port, seconds, verify: false, run: 'e' });
  socket.close();
  return result;
}

export async function measureOurs(seconds: number) {
  const directory = await mkdtemp(join(tmpdir(), 'ossia-bench-'));
  let commits = 0;
  let commitMs = 0;
  const store = await openStore({
    directory,
    onCommit({ ms }) {
      commits++;
      commitMs += ms;
    },
  });
  const warnings: string[] = [];
  const log = { warn: (_fields: object, message: string) => warnings.push(message) };
  const sessions = await createSessions({
    store,
    ingest: { submitSession: async ({ id }) => ({ type: 'accepted', event: id, jobs: [], duplicate: false }) },
    directory: { firing: () => ({ onStart: true, onStop: true }), nasOf: () => undefined },
    log,
  });
  const client = { nas: 'bras-1', secret: Buffer.from(secret), requireMessageAuthenticator: 'if-present' } as const;
  const listener = await startAccountingListener({
    host: '127.0.0.1',
    port: 0,
    clients: () => client,
    sink: sessions.sink,
    log,
  });
  try {
    const before = process.cpuUsage();
    const result = await runSender({ port: listener.port, seconds, verify: true, run: 'o' });
    const { user, system } = process.cpuUsage(before);
    const { inFlight, answered, failed, dropped, repeated } = listener.stats();
    return {
      ...result,
      commits,
      commitMsMean: Number((commitMs / commits).toFixed(2)),
      packetsPerCommit: Math.round(answered / commits),
      // Of this process with the store's threads; includes idling while the sender builds its packets.
      cpuSeconds: Number(((user + system) / 1e6).toFixed(2)),
      sessions: sessions.counts(),
      listener: { inFlight, answered, failed, repeated, overload: dropped.overload },
      warnings: warnings.length,
    };
  } finally {
    await listener.close();
    await store.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Ours again, in a process of its own whose syncs all wait; whether what it answers is kept, the flow test of the slow disk shows. */
async function measureSlowDisk(seconds: number): Promise<Awaited<ReturnType<typeof measureOurs>>> {
  const directory = await mkdtemp(join(tmpdir(), 'ossia-bench-'));
  try {
    const { env } = buildSlowDisk(directory, slowSyncMs);
    const options = { env: { ...process.env, ...env }, timeout: (seconds + 120) * 1000 };
    const { stdout } = await promisify(execFile)(process.execPath, [import.meta.filename, String(seconds)], options);
    return JSON.parse(stdout);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runSender(options: Pick<SenderOptions, 'port' | 'seconds' | 'verify' | 'run'>): Promise<SenderResult> {
  const child = fork(new URL('./accounting-sender.ts', import.meta.url), { execArgv: [] });
  // Enough that no machine runs out of them: a server that is faster than this ends early, which is counted right.
  const packets = options.seconds * 60_000;
  child.send({ ...options, outstanding, sockets, secret, packets } satisfies SenderOptions);
  const exit = once(child, 'exit').then(([code]) => {
    throw new Error(`the sender ended with ${code} before it had a result`);
  });
  const [result] = (await Promise.race([once(child, 'message'), exit])) as [SenderResult];
  exit.catch(() => {});
  return result;
}

const [, program, secondsAlone] = process.argv;
if (program === import.meta.filename && secondsAlone !== undefined) {
  process.stdout.write(JSON.stringify(await measureOurs(Number(secondsAlone))));
  process.exit(0);
}
