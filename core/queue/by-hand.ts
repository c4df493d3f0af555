// What an operator does to single jobs: retry, with changed variables too, and skip.
import { type FieldProblem, OssiaError } from '../errors.ts';
import { type Account, laneOf } from '../model/account.ts';
import { endedStates, type Job } from '../model/job.ts';
import type { JobPatch, Store } from '../store/store.ts';
import type { Lanes } from './lanes.ts';
import { noteOn } from './note.ts';
import type { Queue } from './queue.ts';
import { editedBy, type Hooks, type Superseding } from './superseding.ts';

interface ByHandOptions {
  readonly store: Pick<Store, 'job' | 'jobs' | 'write'>;
  readonly lanes: Lanes;
  readonly hooks: Hooks;
  readonly rules: Superseding;
  /** Ids of jobs that are being changed; nobody else touches them. */
  readonly inHand: Set<string>;
  readonly clock: () => number;
  changed(job: Job): void;
  /** Puts it into its lane; gives it back as it is then, which may be `superseded`. */
  enter(job: Job): Job;
}

export function createByHand({
  store,
  lanes,
  hooks,
  rules,
  inHand,
  clock,
  changed,
  enter,
}: ByHandOptions): Pick<Queue, 'retry' | 'skip'> {
  /** Changes a job that no run holds. Nothing of its lane begins until the change is on disk and in memory. */
  const change = async (id: string, work: (job: Job, letGo: () => void) => Promise<Job>): Promise<Job> => {
    const stored = await store.job(id);
    if (stored === undefined) throw new OssiaError('not_found', `There is no job ${id.slice(0, 20)}.`);
    const lane = lanes.lane(stored.lane);
    const job = lanes.find(stored);
    const isRunning = lane?.status === 'busy' && lane.jobs[0]?.id === id;
    // What has not ended is in its lane, unless it came or ended since it was read.
    const isPassing = job === undefined && !endedStates.has(stored.state);
    if (isRunning || isPassing || inHand.has(id))
      throw new OssiaError('conflict', `Job ${id} is running or being changed; wait until that ended.`);
    inHand.add(id);
    let isHeld = true;
    // Once only: after it the next one may have it in hand.
    const letGo = (): void => {
      if (isHeld) inHand.delete(id);
      isHeld = false;
    };
    const release = lanes.hold(stored);
    try {
      return await work(job ?? stored, letGo);
    } finally {
      letGo();
      release();
    }
  };
  const leave = async (job: Job, patch: JobPatch, words: string): Promise<Job> => {
    await store.write([
      { type: 'job', id: job.id, patch },
      noteOn(job, { at: patch.updatedAt, via: 'operator', text: words }),
    ]);
    lanes.remove(job);
    const ended = { ...job, ...patch };
    changed(ended);
    return ended;
  };
  /** A newer job that ran and settled the same: run now, the old one would undo it. */
  const settledSince = async (job: Job): Promise<Job | undefined> => {
    // First what runs, since it would be settled on disk by the time the disk is read.
    const lane = lanes.lane(job.lane);
    const runs = lane?.status === 'busy' ? lane.jobs[0] : undefined;
    if (runs !== undefined && Number(runs.id) > Number(job.id) && rules.outdates(runs, job))
      throw new OssiaError('conflict', `Job ${runs.id} runs now and settles the same; wait until that ended.`);
    // By the account first: it has an index, the lane has none.
    const user_id = job.account['user_id'] ?? '';
    const filter = { user_id, lane: job.lane, states: ['done'], after: job.id, limit: 200 } as const;
    for (let before: string | undefined; ; ) {
      const page = await store.jobs(before === undefined ? filter : { ...filter, before });
      const newer = page.find((done) => rules.outdates(done, job));
      const last = page.at(-1);
      if (newer !== undefined || last === undefined || page.length < filter.limit) return newer;
      before = last.id;
    }
  };

  return {
    retry: (id, by, edit = {}) =>
      change(id, async (old, letGo) => {
        if (old.state === 'done' || old.state === 'superseded')
          throw new OssiaError('conflict', `Job ${id} is ${old.state}; there is nothing to retry.`);
        const account = editedBy(old.account, edit);
        refuseWrong(old, { account, edit, hooks });
        const names = Object.keys(edit);
        const job = names.length === 0 ? old : { ...old, account };
        const newer = endedStates.has(old.state) ? await settledSince(job) : undefined;
        const updatedAt = clock();
        const rest = { notBefore: 0, code: '', updatedAt };
        if (newer !== undefined) {
          const reason = `superseded by job ${newer.id} (${newer.hook}), which has settled the same since`;
          const words = `retried by ${by}, and not run: ${reason}; it was ${old.state}: ${old.reason}`;
          return leave(old, { ...rest, state: 'superseded', reason }, words);
        }
        const words = `retried by ${by}${names.length === 0 ? '' : ` with other ${names.join(', ')}`}`;
        const patch: JobPatch = {
          ...rest,
          ...(names.length === 0 ? {} : { account }),
          state: 'waiting',
          failures: 0,
          reason: words,
        };
        await store.write([{ type: 'job', id, patch }, noteOn(old, { at: updatedAt, via: 'operator', text: words })]);
        lanes.remove(old);
        // From here on as any other of its lane: one that is retried beside it supersedes it, or is superseded.
        letGo();
        const waiting = enter({ ...job, ...patch });
        if (waiting.state === 'waiting') changed(waiting);
        return waiting;
      }),
    skip: (id, { by, reason }) =>
      change(id, async (job) => {
        if (job.state === 'done' || job.state === 'superseded' || job.state === 'skipped')
          throw new OssiaError('conflict', `Job ${id} is ${job.state}; there is nothing to skip.`);
        const words = `skipped by ${by}: ${reason}`;
        const patch: JobPatch = { state: 'skipped', reason: words, updatedAt: clock() };
        return leave(job, patch, `${words}; it was ${job.state}: ${job.reason}`);
      }),
  };
}

interface Edited {
  readonly account: Account;
  readonly edit: Account;
  readonly hooks: Hooks;
}

function refuseWrong(job: Job, { account, edit, hooks }: Edited): void {
  const fields: FieldProblem[] = [];
  if (laneOf(account) !== job.lane)
    for (const name of ['user_id', 'nas_ip', 'nas_id'])
      if (edit[name] !== undefined && edit[name] !== (job.account[name] ?? ''))
        fields.push({
          where: `/account/${name}`,
          problem: "would make it another account's or another box's job; fire an event for that one instead",
        });
  const parsed = Object.keys(edit).length === 0 ? undefined : hooks.get(job.hook)?.payload.safeParse(account);
  for (const { path, message } of parsed?.error?.issues ?? [])
    if (!fields.some(({ where }) => where === `/account/${path.join('/')}`))
      fields.push({ where: `/account/${path.join('/')}`, problem: message });
  if (fields.length > 0)
    throw new OssiaError('input_invalid', `Job ${job.id} cannot be changed so: ${wordsOf(fields)}.`, { fields });
}

function wordsOf(fields: readonly FieldProblem[]): string {
  return fields.map(({ where, problem }) => `${where.slice('/account/'.length)} ${problem}`).join('; ');
}
