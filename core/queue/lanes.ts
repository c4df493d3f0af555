// The lanes in memory: one queue per account and NAS, which of them are ready, and which wait for their time.

import { createDueHeap } from '../model/due-heap.ts';
import type { Job } from '../model/job.ts';

export interface Lane {
  readonly key: string;
  readonly nasKey: string;
  /** From old to new; the first is the head. */
  readonly jobs: Job[];
  /** `idle`: empty. `ready`: listed for its NAS. `due`: waits for its head's time. `busy`: its head runs or is being settled. `parked`: its head is. `held`: gives nothing while a job of it is being changed. */
  status: 'idle' | 'ready' | 'due' | 'busy' | 'parked' | 'held';
  /** When a `due` one is ready, on the steady clock. */
  dueAt: number;
  holds: number;
}

export interface Lanes {
  /** Puts a job in by its id: at the end, or in front of younger ones that have not begun. */
  insert(job: Job): void;
  peekReady(nasKey: string): Lane | undefined;
  takeReady(nasKey: string): Lane | undefined;
  /** The lane's head changed or ended: gives the lane its new place. */
  place(lane: Lane): void;
  removeHead(lane: Lane): void;
  /** Takes a job that does not run out of its lane, if it is in one. */
  remove(job: Job): void;
  lane(key: string): Lane | undefined;
  /** Until the release nothing of this lane begins; what runs may end. */
  hold(lane: Lane): () => void;
  /** Parked jobs that match may run again, wherever in their lane they are. */
  unpark(matches: (job: Job) => boolean): void;
  unparkOne(job: Job): void;
  depth(nasKey: string): number;
  size(): number;
  count(): number;
  nasKeys(): Iterable<string>;
  close(): void;
}

interface NasLanes {
  /** Lanes whose head may run, first come first served. A cancelled entry is skipped when its turn comes. */
  ready: Lane[];
  next: number;
  depth: number;
}

export function createLanes({ clock, onReady }: { clock: () => number; onReady: (nasKey: string) => void }): Lanes {
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
    const made: NasLanes = { ready: [], next: 0, depth: 0 };
    nases.set(nasKey, made);
    return made;
  };
  const counted = (nasKey: string, change: 1 | -1): void => {
    size += change;
    nasOf(nasKey).depth += change;
  };
  const list = (lane: Lane): void => {
    lane.status = 'ready';
    nasOf(lane.nasKey).ready.push(lane);
    onReady(lane.nasKey);
  };
  const place = (lane: Lane): void => {
    const head = lane.jobs[0];
    const wait = head === undefined ? 0 : waitOf(head, clock());
    if (head?.state === 'parked') withParked.add(lane);
    if (head === undefined) {
      lane.status = 'idle';
      lanes.delete(lane.key);
    } else if (lane.holds > 0) {
      lane.status = 'held';
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
    const nas = nasOf(nasKey);
    while (nas.ready[nas.next] !== undefined && nas.ready[nas.next]?.status !== 'ready') nas.next++;
    const lane = nas.ready[nas.next];
    // What is behind is dropped in large pieces, or when nothing is left.
    if (lane === undefined || nas.next > 4096) nas.ready.splice(0, nas.next);
    if (lane === undefined || nas.next > 4096) nas.next = 0;
    return lane;
  };

  return {
    insert(job) {
      let lane = lanes.get(job.lane);
      if (lane === undefined) {
        lane = { key: job.lane, nasKey: job.nasKey, jobs: [], status: 'idle', dueAt: 0, holds: 0 };
        lanes.set(job.lane, lane);
      }
      const begun = lane.status === 'busy' ? 1 : 0;
      let index = lane.jobs.length;
      while (index > begun && Number(lane.jobs[index - 1]?.id) > Number(job.id)) index--;
      lane.jobs.splice(index, 0, job);
      counted(job.nasKey, 1);
      if (job.state === 'parked') withParked.add(lane);
      if (lane.status === 'idle' || (index === 0 && lane.status !== 'busy' && lane.status !== 'ready')) place(lane);
    },
    peekReady,
    takeReady(nasKey) {
      const lane = peekReady(nasKey);
      if (lane === undefined) return undefined;
      nasOf(nasKey).next++;
      lane.status = 'busy';
      return lane;
    },
    place(lane) {
      place(lane);
    },
    removeHead(lane) {
      if (lane.jobs.shift() !== undefined) counted(lane.nasKey, -1);
    },
    remove(job) {
      const lane = lanes.get(job.lane);
      const index = lane?.jobs.findIndex(({ id }) => id === job.id) ?? -1;
      if (lane === undefined || index < 0) return;
      lane.jobs.splice(index, 1);
      counted(lane.nasKey, -1);
      if (index === 0) place(lane);
    },
    lane: (key) => lanes.get(key),
    hold(lane) {
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
