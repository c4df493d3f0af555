// The queue over the store: what is in memory is what is on disk and has not ended; nothing runs before it is on disk.
import { EventEmitter } from 'node:events';
import { OssiaError } from '../errors.ts';
import type { OssiaEvent } from '../model/event.ts';
import { endedStates, type Job } from '../model/job.ts';
import type { Change, JobPatch, Store } from '../store/store.ts';
import { createBegunJobs } from './begun.ts';
import { createLanes, type Lane } from './lanes.ts';
import type { Accepted, Queue } from './queue.ts';

export interface QueueOptions {
  readonly store: Store;
  readonly clock: () => number;
  /** Jobs that may wait; an event beyond is refused with `overloaded`. */
  readonly maxWaiting: number;
  log(level: 'warn' | 'error', message: string): void;
}

const brokenOff = 'the daemon ended while this ran; it runs again, what it had sent may have taken effect';

export async function openQueue({ store, clock, maxWaiting, log }: QueueOptions): Promise<Queue> {
  const changes = new EventEmitter<{ change: [Job] }>().setMaxListeners(0);
  let onReady: (nasKey: string) => void = () => {};
  let closed = false;
  const lanes = createLanes({ clock, onReady: (nasKey) => onReady(nasKey) });
  let lastId = Number(await store.lastJobId());

  const changed = (job: Job): void => void changes.emit('change', job);
  const patched = (job: Job, patch: JobPatch): Job => ({ ...job, ...patch });

  /** What must not be lost is tried until the store takes it: the job's lane waits, nothing else does. */
  const persist = async (batch: readonly Change[]): Promise<void> => {
    for (let wait = 100; ; wait = Math.min(wait * 2, 5000)) {
      try {
        await store.write(batch);
        return;
      } catch (error) {
        if (closed) throw error;
        log(
          'error',
          `A job's outcome is not on disk yet, trying again in ${wait} ms: ${error instanceof Error ? error.message : error}`,
        );
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  };
  const replaceHead = (lane: Lane, job: Job): void => {
    if (endedStates.has(job.state)) lanes.removeHead(lane);
    else lane.jobs[0] = job;
    lanes.place(lane);
  };
  const note = (at: number, job: Job, via: string, text: string): Change => ({
    type: 'journal',
    jobId: job.id,
    entries: [{ at, attempt: job.attempt, nas: '', kind: 'note', via, text }],
  });
  const begun = createBegunJobs({
    store,
    // It may have ended while that was written.
    onWritten: (job) => lanes.lane(job.lane)?.jobs[0] === job && changed(job),
    log,
  });
  const inHand = new Set<string>();
  /** Changes a job that no run holds. Nothing of its lane begins until the change is on disk and in memory. */
  const change = async (id: string, work: (job: Job) => Promise<Job>): Promise<Job> => {
    const stored = await store.job(id);
    if (stored === undefined) throw new OssiaError('not_found', `There is no job ${id.slice(0, 20)}.`);
    const lane = lanes.lane(stored.lane);
    const index = lane?.jobs.findIndex((job) => job.id === id) ?? -1;
    const isRunning = lane?.status === 'busy' && index === 0;
    // What has not ended is in its lane, unless it came or ended since it was read.
    const isPassing = index < 0 && !endedStates.has(stored.state);
    if (isRunning || isPassing || inHand.has(id))
      throw new OssiaError('conflict', `Job ${id} is running or being changed; wait until that ended.`);
    inHand.add(id);
    const release = lane && lanes.hold(lane);
    try {
      return await work(lane?.jobs[index] ?? stored);
    } finally {
      release?.();
      inHand.delete(id);
    }
  };

  // What was running when the daemon died runs again: at least once, with the attempt counted.
  let after = '0';
  for (;;) {
    const page = await store.unended(after, 5000);
    const broken = page.filter(({ state }) => state === 'running');
    if (broken.length > 0) await store.write(broken.map((job) => note(clock(), job, 'ossia', brokenOff)));
    for (const job of page) lanes.insert(job.state === 'running' ? { ...job, state: 'waiting' } : job);
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.id;
  }

  /** The same id with something else in it is no repeat: called one, it would be lost without a word. */
  const duplicateOf = async (event: OssiaEvent): Promise<Accepted> => {
    const first = await store.event(event.id);
    const told = [first?.hook, first?.account['user_id']].join(' of ');
    if (first !== undefined && told !== [event.hook, event.account['user_id']].join(' of ')) {
      const problem = `was the id of another event already: ${told}; every event has an id of its own`;
      throw new OssiaError('input_invalid', `The id ${event.id} ${problem}.`, { fields: [{ where: '/id', problem }] });
    }
    return { jobs: await store.jobsOfEvent(event.id), duplicate: true };
  };

  return {
    async accept(event, drafts) {
      if (closed) throw new OssiaError('stopping', 'The daemon is stopping.');
      if (lanes.size() + drafts.length > maxWaiting)
        throw new OssiaError(
          'overloaded',
          `${lanes.size()} jobs are waiting, the limit is ${maxWaiting}; send the event again later.`,
        );
      const now = clock();
      const jobs = drafts.map(
        (draft): Job => ({
          id: String(++lastId),
          eventId: event.id,
          lane: draft.lane,
          nasKey: draft.nasKey,
          hook: draft.hook,
          account: draft.account,
          background: draft.background ?? false,
          state: 'waiting',
          attempt: 0,
          failures: 0,
          notBefore: 0,
          reason: '',
          code: '',
          createdAt: now,
          updatedAt: now,
        }),
      );
      const { duplicates } = await store.write([{ type: 'event', event, jobs }]);
      if (duplicates.has(event.id)) return duplicateOf(event);
      for (const job of jobs) {
        lanes.insert(job);
        changed(job);
      }
      return { jobs: jobs.map(({ id }) => id), duplicate: false };
    },
    peek: (nasKey) => lanes.peekReady(nasKey)?.jobs[0],
    take(nasKey) {
      const lane = lanes.takeReady(nasKey);
      const head = lane?.jobs[0];
      if (lane === undefined || head === undefined) return undefined;
      const job = patched(head, { state: 'running', attempt: head.attempt + 1, updatedAt: clock() });
      lane.jobs[0] = job;
      begun.add(job);
      return job;
    },
    async settle(job, { journal, ...resolution }) {
      begun.remove(job);
      const patch: JobPatch = { ...resolution, attempt: job.attempt, updatedAt: clock() };
      await persist([
        { type: 'job', id: job.id, patch },
        { type: 'journal', jobId: job.id, entries: journal },
      ]);
      const settled = patched(job, patch);
      const lane = lanes.lane(job.lane);
      if (lane?.jobs[0]?.id === job.id) replaceHead(lane, settled);
      changed(settled);
    },
    unpark: lanes.unpark,
    unparkOne: lanes.unparkOne,
    retry: (id, by) =>
      change(id, async (job) => {
        if (job.state === 'done' || job.state === 'superseded')
          throw new OssiaError('conflict', `Job ${id} is ${job.state}; there is nothing to retry.`);
        const patch: JobPatch = {
          state: 'waiting',
          notBefore: 0,
          failures: 0,
          reason: `retried by ${by}`,
          code: '',
          updatedAt: clock(),
        };
        await store.write([{ type: 'job', id, patch }, note(patch.updatedAt, job, 'operator', `retried by ${by}`)]);
        const waiting = patched(job, patch);
        lanes.remove(job);
        lanes.insert(waiting);
        changed(waiting);
        return waiting;
      }),
    skip: (id, { by, reason }) =>
      change(id, async (job) => {
        if (job.state === 'done' || job.state === 'superseded' || job.state === 'skipped')
          throw new OssiaError('conflict', `Job ${id} is ${job.state}; there is nothing to skip.`);
        const patch: JobPatch = { state: 'skipped', reason: `skipped by ${by}: ${reason}`, updatedAt: clock() };
        await store.write([
          { type: 'job', id, patch },
          note(patch.updatedAt, job, 'operator', `skipped by ${by}: ${reason}; it was ${job.state}: ${job.reason}`),
        ]);
        lanes.remove(job);
        const skipped = patched(job, patch);
        changed(skipped);
        return skipped;
      }),
    depth: (nasKey) => lanes.depth(nasKey),
    size: () => lanes.size(),
    lanes: () => lanes.count(),
    onReady(listener) {
      onReady = listener;
      for (const nasKey of lanes.nasKeys()) listener(nasKey);
    },
    onChange(listener) {
      changes.on('change', listener);
      return () => void changes.off('change', listener);
    },
    close() {
      closed = true;
      begun.close();
      lanes.close();
    },
  };
}
