// The lanes in memory: one queue per account and NAS, which of them are ready, and which wait for their time.
import { createDueHeap } from '../model/due-heap.ts';
import type { Job } from '../model/job.ts';
import { indexOfJob, type Lane, placeOfJob, type Superseded, supersededBy } from './lane.ts';
import { createReadyList, type ReadyList } from './ready.ts';
import type { Superseding } from './superseding.ts';

export interface Lanes {
  /**
   * Puts a job in by its id. What it supersedes is out of the lane from then on, or the job itself when a younger one supersedes it:
   * that is returned and has yet to be written.
   */
  insert(job: Job): readonly Superseded[];
  peekReady(nasKey: string): Lane | undefined;
  takeReady(nasKey: string): Lane | undefined;
  /** The run of the head ended: it is gone, or takes its place by its id again. */
  settleHead(lane: Lane, job: Job | undefined): readonly Superseded[];
  /** Takes a job that does not run out of its lane, if it is in one. */
  remove(job: Job): void;
  lane(key: string): Lane | undefined;
  /** The job as it is in its lane. */
  find(job: Pick<Job, 'id' | 'lane'>): Job | undefined;
  /** Until the release nothing of this lane begins; what runs may end. */
  hold(of: Pick<Job, 'lane' | 'nasKey'>): () => void;
  /** Parked jobs that match may run again, wherever in their lane they are. */
  unpark(matches: (job: Job) => boolean): void;
  unparkOne(job: Job): void;
  depth(nasKey: string): number;
  backgroundDepth(nasKey: string): number;
  size(): number;
  count(): number;
  nasKeys(): Iterable<string>;
  close(): void;
}

export interface LanesOptions {
  readonly clock: () => number;
  readonly rules: Superseding;
  /** Not in an operator's hand. */
  readonly isFree: (job: Job) => boolean;
  readonly onReady: (nasKey: string) => void;
}

interface NasLanes {
  readonly ready: Readonly<Record<Lane['listed'], ReadyList<Lane>>>;
  depth: number;
  background: number;
}

export function createLanes({ clock, rules, isFree, onReady }: LanesOptions): Lanes {
  const lanes = new Map<string, Lane>();
  const nases = new Map<string, NasLanes>();
  /** Lanes that may have parked jobs: all that have, and some that had. */
  const withParked = new Set<Lane>();
  let size = 0;
  // Waits are counted on a clock that nobody sets: a step of the wall clock makes none longer or shorter.
  const steady = (): number => performance.now();
  const due = createDueHeap<Lane>({
    clock: steady,
    onDue: (lane) => {
      if (lane.status === 'due' && lane.dueAt <= steady()) list(lane);
    },
  });

  const nasOf = (nasKey: string): NasLanes => {
    const found = nases.get(nasKey);
    if (found !== undefined) return found;
    const listOf = (name: Lane['listed']) =>
      createReadyList<Lane>(({ status, listed }) => status === 'ready' && listed === name);
    const ready = { live: listOf('live'), background: listOf('background') };
    const made: NasLanes = { ready, depth: 0, background: 0 };
    nases.set(nasKey, made);
    return made;
  };
  const laneOf = ({ lane: key, nasKey }: Pick<Job, 'lane' | 'nasKey'>): Lane => {
    const found = lanes.get(key);
    if (found !== undefined) return found;
    const rest = { jobs: [], dueAt: 0, holds: 0, live: 0, tips: undefined } as const;
    const made: Lane = { key, nasKey, ...rest, jobs: [], status: 'idle', listed: 'live' };
    lanes.set(key, made);
    return made;
  };
  const counted = (lane: Lane, job: Job, change: 1 | -1): void => {
    const nas = nasOf(lane.nasKey);
    size += change;
    nas.depth += change;
    if (job.background) nas.background += change;
    else lane.live += change;
  };
  const list = (lane: Lane): void => {
    lane.status = 'ready';
    lane.listed = lane.live > 0 ? 'live' : 'background';
    nasOf(lane.nasKey).ready[lane.listed].push(lane);
    onReady(lane.nasKey);
  };
  const place = (lane: Lane): void => {
    const head = lane.jobs[0];
    const wait = head === undefined ? 0 : waitOf(head, clock());
    if (head?.state === 'parked') withParked.add(lane);
    if (lane.holds > 0) {
      lane.status = 'held';
    } else if (head === undefined) {
      lane.status = 'idle';
      lanes.delete(lane.key);
    } else if (head.state === 'parked') {
      lane.status = 'parked';
    } else if (wait > 0) {
      lane.status = 'due';
      lane.dueAt = steady() + wait;
      due.push(lane.dueAt, lane);
    } else {
      list(lane);
    }
  };
  /** After a change that no run made. */
  const mend = (lane: Lane, { isHeadNew }: { readonly isHeadNew: boolean }): void => {
    if (lane.status === 'busy') return;
    const isElsewhere = lane.status === 'ready' && (lane.listed === 'live') !== lane.live > 0;
    if (isHeadNew || isElsewhere) place(lane);
  };
  const takeOut = (lane: Lane, index: number): void => {
    const [job] = lane.jobs.splice(index, 1);
    if (job !== undefined) counted(lane, job, -1);
  };
  const insert = (job: Job): readonly Superseded[] => {
    const lane = laneOf(job);
    const [before] = lane.jobs;
    const gone = supersededBy(lane, { job, index: placeOfJob(lane, job.id), rules, isFree });
    for (const { job: older } of gone) if (older !== job) takeOut(lane, indexOfJob(lane, older.id));
    if (!gone.some((superseded) => superseded.job === job)) {
      lane.jobs.splice(placeOfJob(lane, job.id), 0, job);
      counted(lane, job, 1);
      if (job.state === 'parked') withParked.add(lane);
    }
    mend(lane, { isHeadNew: lane.status === 'idle' || lane.jobs[0] !== before });
    return gone;
  };

  const unparkIn = (lane: Lane, matches: (job: Job) => boolean): void => {
    let left = false;
    for (const [index, job] of lane.jobs.entries()) {
      if (job.state !== 'parked') continue;
      if (matches(job)) lane.jobs[index] = { ...job, state: 'waiting', notBefore: 0 };
      else left = true;
    }
    if (!left) withParked.delete(lane);
    if (lane.status === 'parked' && lane.jobs[0]?.state !== 'parked') place(lane);
  };
  const peekReady = (nasKey: string): Lane | undefined => {
    const { live, background } = nasOf(nasKey).ready;
    return live.peek() ?? background.peek();
  };

  return {
    insert,
    peekReady,
    takeReady(nasKey) {
      const lane = peekReady(nasKey);
      if (lane === undefined) return undefined;
      nasOf(nasKey).ready[lane.listed].shift();
      lane.status = 'busy';
      return lane;
    },
    settleHead(lane, job) {
      const [head] = lane.jobs;
      takeOut(lane, 0);
      lane.status = lane.holds > 0 ? 'held' : 'idle';
      if (job !== undefined && head?.id === job.id) return insert(job);
      place(lane);
      return [];
    },
    remove(job) {
      const lane = lanes.get(job.lane);
      const index = lane === undefined ? -1 : indexOfJob(lane, job.id);
      if (lane === undefined || index < 0) return;
      takeOut(lane, index);
      mend(lane, { isHeadNew: index === 0 });
    },
    lane: (key) => lanes.get(key),
    find({ id, lane: key }) {
      const lane = lanes.get(key);
      return lane?.jobs[indexOfJob(lane, id)];
    },
    hold(of) {
      const lane = laneOf(of);
      lane.holds++;
      if (lane.status !== 'busy') lane.status = 'held';
      return () => {
        lane.holds--;
        if (lane.status === 'held') place(lane);
      };
    },
    unpark(matches) {
      for (const lane of withParked) unparkIn(lane, matches);
    },
    unparkOne(job) {
      const lane = lanes.get(job.lane);
      if (lane !== undefined) unparkIn(lane, ({ id }) => id === job.id);
    },
    depth: (nasKey) => nases.get(nasKey)?.depth ?? 0,
    backgroundDepth: (nasKey) => nases.get(nasKey)?.background ?? 0,
    size: () => size,
    count: () => lanes.size,
    nasKeys: () => nases.keys(),
    close: () => due.close(),
  };
}

/** Never longer than it was when it was decided: the wall clock may have gone back since, also over a restart. */
function waitOf({ notBefore, updatedAt }: Job, now: number): number {
  return Math.min(notBefore - now, notBefore - updatedAt);
}
