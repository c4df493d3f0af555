// Puts a peer of the accounting bench under the same sender as ours, and looks whether what it answered is stored.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { SenderOptions, SenderResult } from './accounting-sender.ts';
import { startGuard } from './peer-guard.ts';

/** A server that takes accounting on 127.0.0.1. */
export interface AccountingPeer {
  readonly port: number;
  /** How many different packets of the load are stored, counted in the records themselves. Asked after the load. */
  stored(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerLoad {
  readonly seconds: number;
  /** Requests that are unanswered at the same time. */
  readonly outstanding: number;
}

export interface PeerResult extends SenderResult {
  /** Packets answered a second. */
  readonly rate: number;
  readonly stored: number;
}

export const peerSecret = 'testing123';
const sockets = 8;
/** Building and signing the packets, before the clock runs. */
const prepareMs = 60_000;

/** Throws when the peer answered something that it did not store. Ends the peer in every case. */
export async function measurePeer(start: () => Promise<AccountingPeer>, load: PeerLoad): Promise<PeerResult> {
  const peer = await start();
  try {
    const result = await runSender(peer.port, load);
    const stored = await peer.stored();
    if (result.answered === 0 || result.wrong > 0 || stored < result.answered) {
      throw new Error(`answered ${result.answered}, of them wrongly ${result.wrong}, but stored ${stored}`);
    }
    return { ...result, rate: Math.round(result.answered / result.seconds), stored };
  } finally {
    await peer.close();
  }
}

async function runSender(port: number, { seconds, outstanding }: PeerLoad): Promise<SenderResult> {
  const child = fork(new URL('./accounting-sender.ts', import.meta.url), { execArgv: [] });
  const guard = startGuard();
  if (child.pid !== undefined) guard.watch(child.pid);
  const deadline = AbortSignal.timeout(prepareMs + seconds * 1000);
  const ended = once(child, 'exit', { signal: deadline });
  try {
    // More than a peer answers in that time; one that is faster ends early, which is counted right.
    const packets = seconds * 60_000;
    const options = { port, seconds, outstanding, sockets, packets, secret: peerSecret, run: 'p', verify: true };
    child.send(options satisfies SenderOptions);
    const failed = ended.then(([code]) => Promise.reject(new Error(`the sender ended with ${code}, without a result`)));
    const [result] = (await Promise.race([once(child, 'message'), failed])) as [SenderResult];
    await ended;
    return result;
  } finally {
    ended.catch(() => {});
    if (child.exitCode === null) child.kill('SIGKILL');
    await guard.release();
  }
}

/** The command line of a peer's file: measures each by itself, one after the other. */
export async function runMain(peers: Readonly<Record<string, () => Promise<AccountingPeer>>>): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '8' },
      outstanding: { type: 'string', default: '1000' },
    },
  });
  const load = { seconds: Number(values.seconds), outstanding: Number(values.outstanding) };
  for (const [name, start] of Object.entries(peers)) {
    try {
      const { rate, p50, p99, answered, stored, retransmitted } = await measurePeer(start, load);
      const line = `${name}: ${rate} packets/s, p50 ${p50} ms, p99 ${p99} ms; answered ${answered}, stored ${stored}`;
      process.stdout.write(`${line}, retransmitted ${retransmitted}\n`);
    } catch (error) {
      process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}\n`);
      process.exitCode = 1;
    }
  }
}
