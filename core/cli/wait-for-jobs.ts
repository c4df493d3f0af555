// Waits until every job of an event has ended, and says how.
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, type Io } from './command.ts';
import type { DaemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { clean } from './text.ts';

interface Waiting {
  readonly address: DaemonAddress;
  readonly receipt: { readonly event: string; readonly jobs: readonly string[]; readonly duplicate: boolean };
  readonly seconds: number;
  readonly io: Io;
  readonly json: boolean;
}

interface JobView {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
}

const pending: ReadonlySet<string> = new Set(['waiting', 'running', 'retrying', 'parked']);
/** Parked is not waited for: only an operator or a profile moves it. */
const moving: ReadonlySet<string> = new Set(['waiting', 'running', 'retrying']);
const firstPollMs = 20;
const longestPollMs = 1_000;

export async function waitForJobs({ address, receipt, seconds, io, json }: Waiting): Promise<number> {
  const deadline = Date.now() + seconds * 1_000;
  const look = (id: string) => ask<JobView>(address, { path: `/v1/jobs/${id}` });
  let jobs = await Promise.all(receipt.jobs.map(look));
  for (
    let pause = firstPollMs;
    jobs.some(({ state }) => moving.has(state));
    pause = Math.min(pause * 1.5, longestPollMs)
  ) {
    const left = deadline - Date.now();
    if (left <= 0) break;
    await sleep(Math.min(pause, left));
    jobs = await Promise.all(jobs.map((job) => (pending.has(job.state) ? look(job.id) : job)));
  }
  if (json)
    io.out(
      `${JSON.stringify({ ...receipt, ended: jobs.map(({ id, state, reason }) => ({ id, state, reason })) }, null, 2)}\n`,
    );
  else
    for (const { id, state, reason } of jobs)
      io.out(`job ${id} ${state}${reason === '' ? '' : `: ${clean(reason)}`}\n`);
  if (jobs.some(({ state }) => pending.has(state))) return exitCodes.notEnded;
  // What a newer job replaced is settled by that one.
  return jobs.every(({ state }) => state === 'done' || state === 'superseded') ? exitCodes.ok : exitCodes.notDone;
}
