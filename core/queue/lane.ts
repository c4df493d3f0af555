// One lane: the jobs of one account on one NAS from old to new, and which of them a newer one has made needless.
import type { Job } from '../model/job.ts';
import type { Superseding } from './superseding.ts';

export interface Lane {
  readonly key: string;
  readonly nasKey: string;
  /** From old to new; the first is the head. Only one that runs may stand in front of older ones that came back. */
  readonly jobs: Job[];
  /** `idle`: empty. `ready`: listed for its NAS. `due`: waits for its head's time. `busy`: its head runs or is being settled. `parked`: its head is. `held`: gives nothing while a job of it is being changed. */
  status: 'idle' | 'ready' | 'due' | 'busy' | 'parked' | 'held';
  /** When a `due` one is ready, on the steady clock. */
  dueAt: number;
  holds: number;
  /** Jobs that are not of the background; while there are any the whole lane counts as live. */
  live: number;
  /** Under which of its NAS's lists a `ready` one stands. */
  listed: 'live' | 'background';
  /** Ids behind the last barrier by settle key, some of which may be gone; only while each job comes in at the end. */
  tips: Map<string, string[]> | undefined;
}

export interface Superseded {
  readonly job: Job;
  readonly by: Job;
}

/** Of a key, more candidates than this are not looked at: sessions of one account may be many, and each stands for itself. */
const mostCandidates = 32;

export function indexOfJob({ jobs }: Lane, id: string): number {
  if (jobs[0]?.id === id) return 0;
  let [low, high] = [0, jobs.length];
  if (high > 1 && Number(jobs[1]?.id) < Number(jobs[0]?.id)) low = 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(jobs[middle]?.id) < Number(id)) low = middle + 1;
    else high = middle;
  }
  return jobs[low]?.id === id ? low : -1;
}

/** Where a job belongs by its id: at the end, or in front of younger ones that have not begun. */
export function placeOfJob({ jobs, status }: Lane, id: string): number {
  const begun = status === 'busy' ? 1 : 0;
  let index = jobs.length;
  while (index > begun && Number(jobs[index - 1]?.id) > Number(id)) index--;
  return index;
}

/** What a job makes needless that is to come in at `index`, or the younger one that makes it so itself. */
export function supersededBy(
  lane: Lane,
  { job, index, rules, isFree }: { job: Job; index: number; rules: Superseding; isFree: (job: Job) => boolean },
): readonly Superseded[] {
  if (lane.jobs.length === 0) return [];
  const mayGo = (older: Job): boolean => isFree(older) && !(lane.status === 'busy' && older === lane.jobs[0]);
  if (index === lane.jobs.length) {
    lane.tips ??= tipsOf(lane.jobs, rules);
    return atTheEnd(lane, { job, rules, mayGo });
  }
  // In the middle comes only what an operator or a failed run brings back.
  lane.tips = undefined;
  if (rules.keyOf(job) === undefined) return [];
  for (let after = index; after < lane.jobs.length; after++) {
    const by = lane.jobs[after];
    if (by === undefined || rules.isBarrier(by)) break;
    if (isFree(by) && rules.supersedes(by, job)) return [{ job, by }];
  }
  const gone: Superseded[] = [];
  for (let before = index - 1; before >= 0; before--) {
    const older = lane.jobs[before];
    if (older === undefined || rules.isBarrier(older)) break;
    if (mayGo(older) && rules.supersedes(job, older)) gone.push({ job: older, by: job });
  }
  return gone;
}

interface Arrival {
  readonly job: Job;
  readonly rules: Superseding;
  readonly mayGo: (older: Job) => boolean;
}

function atTheEnd(lane: Lane, { job, rules, mayGo }: Arrival): readonly Superseded[] {
  const { tips, jobs } = lane;
  if (rules.isBarrier(job)) tips?.clear();
  const key = rules.keyOf(job);
  if (tips === undefined || key === undefined) return [];
  const gone: Superseded[] = [];
  const stay: string[] = [];
  for (const id of tips.get(key)?.slice(-mostCandidates) ?? []) {
    const older = jobs[indexOfJob(lane, id)];
    if (older === undefined) continue;
    if (mayGo(older) && rules.supersedes(job, older)) gone.push({ job: older, by: job });
    else stay.push(id);
  }
  tips.set(key, [...stay, job.id]);
  return gone;
}

function tipsOf(jobs: readonly Job[], rules: Superseding): Map<string, string[]> {
  const tips = new Map<string, string[]>();
  for (const job of jobs) {
    if (rules.isBarrier(job)) tips.clear();
    const key = rules.keyOf(job);
    if (key !== undefined) tips.set(key, [...(tips.get(key) ?? []), job.id].slice(-mostCandidates));
  }
  return tips;
}
