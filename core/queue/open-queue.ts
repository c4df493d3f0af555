// The queue over the store: what is in memory is what is on disk and has not ended; nothing runs before it is on disk.
import { EventEmitter } from 'node:events';
import { OssiaError } from '../errors.ts';
import type { OssiaEvent } from '../model/event.ts';
import { endedStates, type Job } from '../model/job.ts';
import type { Change, JobPatch, Store } from '../store/store.ts';
import { appliedBy } from './applied.ts';
import { createBegunJobs } from './begun.ts';
import { createBulk } from './bulk.ts';
import { createByHand } from './by-hand.ts';
import type { Superseded } from './lane.ts';
import { createLanes } from './lanes.ts';
import { noteOn } from './note.ts';
import type { Accepted, JobDraft, Queue } from './queue.ts';
import { type Hooks, supersedingBy } from './superseding.ts';

export interface QueueOptions {
  readonly store: Store;
  /** What the jobs' hooks settle. */
  readonly hooks: Hooks;
  readonly clock: () => number;
  /** Jobs that may wait; an event beyond is refused with `overloaded`. */
  readonly maxWaiting: number;
  log(level: 'warn' | 'error', message: string): void;
}

/** What comes by the million and can wait leaves room for what is live: a filled queue refuses the events of every box. */
const inBulk: ReadonlySet<string> = new Set(['import', 'resync']);
const bulkShare = 0.9;

const brokenOff = 'the daemon ended while this ran; it runs again, what it had sent may have taken effect';

export async function openQueue({ store, hooks, clock, maxWaiting, log }: QueueOptions): Promise<Queue> {
  const changes = new EventEmitter<{ change: [Job] }>().setMaxListeners(0);
  let onReady: (nasKey: string) => void = () => {};
  let closed = false;
  const inHand = new Set<string>();
  const rules = supersedingBy(hooks);
  const isFree = ({ id }: Job): boolean => !inHand.has(id);
  const lanes = createLanes({ clock, rules, isFree, onReady: (nasKey) => onReady(nasKey) });
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
  const begun = createBegunJobs({
    store,
    // It may have ended while that was written.
    onWritten: (job) => lanes.lane(job.lane)?.jobs[0] === job && changed(job),
    log,
  });

  /** By lane: that jobs are superseded, and not on disk yet. */
  const unwritten = new Map<string, Map<string, Change>>();
  /** They are out of their lanes already; should this not come to disk, the lane as it is read again finds the same. */
  const writeSuperseded = (superseded: readonly Superseded[]): Job[] => {
    if (superseded.length === 0) return [];
    const at = clock();
    const ended = superseded.map(({ job, by }) => {
      const reason = `superseded by job ${by.id} (${by.hook}), which settles the same`;
      const patch = { state: 'superseded', reason, code: '', notBefore: 0, updatedAt: at } as const;
      const text = `${reason}; it was ${job.state}${job.reason === '' ? '' : `: ${job.reason}`}`;
      const change: Change = { type: 'job', id: job.id, patch };
      const ofLane = unwritten.get(job.lane) ?? new Map<string, Change>();
      unwritten.set(job.lane, ofLane.set(job.id, change));
      return { job: patched(job, patch), batch: [change, noteOn(job, { at, via: 'ossia', text })] };
    });
    const written = (): void => {
      for (const { job } of ended) {
        const ofLane = unwritten.get(job.lane);
        if (ofLane?.delete(job.id) && ofLane.size === 0) unwritten.delete(job.lane);
        changed(job);
      }
    };
    persist(ended.flatMap(({ batch }) => batch)).then(written, (error) =>
      log('warn', `${ended.length} superseded jobs are not on disk as such: ${error.message}`),
    );
    return ended.map(({ job }) => job);
  };
  const enter = (job: Job): Job => writeSuperseded(lanes.insert(job)).find(({ id }) => id === job.id) ?? job;

  // What was running when the daemon died runs again: at least once, with the attempt counted.
  let after = '0';
  for (;;) {
    const page = await store.unended(after, 5000);
    const at = clock();
    const again = { state: 'waiting', reason: brokenOff, notBefore: 0, updatedAt: at } as const;
    const broken = page.filter(({ state }) => state === 'running');
    if (broken.length > 0)
      await store.write(
        broken.flatMap((job) => [
          { type: 'job', id: job.id, patch: again },
          noteOn(job, { at, via: 'ossia', text: brokenOff }),
        ]),
      );
    writeSuperseded(page.flatMap((job) => lanes.insert(job.state === 'running' ? patched(job, again) : job)));
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
  const jobOf = (draft: JobDraft, { eventId, now }: { readonly eventId: string; readonly now: number }): Job => ({
    id: String(++lastId),
    eventId,
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
  });

  const byHand = createByHand({ store, lanes, hooks, rules, inHand, clock, changed, enter });

  return {
    async accept(event, drafts, account) {
      if (closed) throw new OssiaError('stopping', 'The daemon is stopping.');
      const most = inBulk.has(event.source) ? Math.ceil(maxWaiting * bulkShare) : maxWaiting;
      if (lanes.size() + drafts.length > most)
        throw new OssiaError(
          'overloaded',
          `${lanes.size()} jobs are waiting, the limit is ${most}; send the event again later.`,
        );
      const now = clock();
      const jobs = drafts.map((draft) => jobOf(draft, { eventId: event.id, now }));
      const taking = { type: 'event', event, jobs, ...(account === undefined ? {} : { account }) } as const;
      const { duplicates, conflicts } = await store.write([taking]);
      if (duplicates.has(event.id)) return duplicateOf(event);
      if (account !== undefined && conflicts.size > 0)
        throw new OssiaError('conflict', `Account ${[...conflicts].join(', ')} was changed meanwhile.`);
      for (const job of jobs) {
        enter(job);
        changed(job);
      }
      return { jobs: jobs.map(({ id }) => id), duplicate: false };
    },
    peek(nasKey) {
      const lane = lanes.peekReady(nasKey);
      const job = lane?.jobs[0];
      return lane === undefined || job === undefined ? undefined : { job, background: lane.live === 0 };
    },
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
      const settled = patched(job, patch);
      await persist([
        // Were this one done on disk without them, and the daemon ended then, they would run after it.
        ...(unwritten.get(job.lane)?.values() ?? []),
        { type: 'job', id: job.id, patch },
        { type: 'journal', jobId: job.id, entries: journal },
        ...appliedBy(hooks, settled),
      ]);
      const lane = lanes.lane(job.lane);
      if (lane?.jobs[0]?.id === job.id)
        writeSuperseded(lanes.settleHead(lane, endedStates.has(settled.state) ? undefined : settled));
      changed(settled);
    },
    unpark: lanes.unpark,
    unparkOne: lanes.unparkOne,
    ...byHand,
    bulk: createBulk({ store, clock, ...byHand }),
    depth: lanes.depth,
    backgroundDepth: lanes.backgroundDepth,
    holderOf(job) {
      const found = lanes.find(job);
      const head = lanes.lane(job.lane)?.jobs[0];
      return found === undefined || found === head ? undefined : head;
    },
    size: lanes.size,
    lanes: lanes.count,
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
