// One account as its operator sees it: what it should have beside what was made of it, what is on its way and what went wrong.
import type { Catalogue } from '../map/catalogue.ts';
import { nasRefOf } from '../model/account.ts';
import { leftBy } from '../model/carried.ts';
import { endedStates, type Job, jobStates } from '../model/job.ts';
import { type AccountRecord, type Applied, type AppliedMark, accessOf, unsupportedState } from '../model/state.ts';
import type { NasDirectory } from '../plugin-host/nas.ts';
import type { KnownAccount, Store } from '../store/store.ts';
import type { AccountView, AppliedView, ListedAccount } from './accounts.ts';
import { madeOf } from './made.ts';

export interface ViewSources {
  readonly store: Pick<Store, 'applied' | 'jobs' | 'journal'>;
  readonly directory: Pick<NasDirectory, 'find'>;
  readonly catalogue: Catalogue;
}

const unended = jobStates.filter((state) => !endedStates.has(state));
const mostPending = 200;
const mostFailed = 50;
/** The box has said nothing to more jobs than these when it is as good as silent. */
const jobsAskedForWords = 10;

export async function viewOf(record: AccountRecord, sources: ViewSources): Promise<AccountView> {
  const { store, directory, catalogue } = sources;
  const user_id = record.userId;
  const [applied, pending, failed, lastWords] = await Promise.all([
    store.applied(user_id),
    store.jobs({ user_id, states: unended, limit: mostPending }),
    store.jobs({ user_id, states: ['refused', 'dead', 'skipped'], limit: mostFailed }),
    lastWordsOf(user_id, store),
  ]);
  const marks = applied.get(record.nasKey) ?? {};
  const elsewhere = [...applied].filter(([nasKey, there]) => nasKey !== record.nasKey && !isGone(there));
  const isFailing = await Promise.all(failed.map((job) => isOpen(job, applied.get(job.nasKey) ?? {}, sources)));
  const failing = newestOfEach(
    failed.filter((_, index) => isFailing[index]),
    catalogue,
  );
  return {
    ...listed({ ...record, applied: marks }, directory),
    applied: [
      viewOfBox(record.nasKey, withFailing(marks, failing.filter(isOn(record.nasKey)), sources), directory),
      ...elsewhere.map(([nasKey, there]) => viewOfBox(nasKey, there, directory)),
    ],
    pending: [...pending].reverse(),
    failed: failing,
    lastWords,
  };
}

export function listed({ applied, ...record }: KnownAccount, directory: Pick<NasDirectory, 'find'>): ListedAccount {
  const { wanted, differences, unsupported } = madeOf({ ...record, applied });
  return {
    ...record,
    desired: wanted,
    access: accessOf(record.desired),
    nas: directory.find(nasRefOf(record.variables))?.name ?? null,
    differences,
    unsupported,
  };
}

function viewOfBox(nasKey: string, marks: Applied, directory: Pick<NasDirectory, 'find'>): AppliedView {
  const ref = nasKey.startsWith('id:') ? { nas_id: nasKey.slice(3) } : { nas_ip: nasKey };
  return { nasKey, nas: directory.find(ref)?.name ?? null, marks };
}

/** From new to old: of those that were to settle the same on one box. */
function newestOfEach(jobs: readonly Job[], catalogue: Catalogue): Job[] {
  const seen = new Set<string>();
  return jobs.filter((job) => {
    const names = keysOf(job, catalogue).map((key) => `${key} ${job.nasKey}`);
    const isNew = names.length === 0 || names.some((name) => !seen.has(name));
    for (const name of names) seen.add(name);
    return isNew;
  });
}

function isOn(nasKey: string): (job: Job) => boolean {
  return (job) => job.nasKey === nasKey;
}

/** What an operator skipped leaves no mark, and is why something is not there all the same. */
function withFailing(marks: Applied, failing: readonly Job[], { catalogue }: ViewSources): Applied {
  const all: Record<string, AppliedMark> = { ...marks };
  for (const job of failing.toReversed())
    for (const key of keysOf(job, catalogue)) {
      const { job: marked, state } = marks[key]?.failed ?? {};
      // Only the mark knows that it was for want of a hook.
      if (marked === job.id && state === unsupportedState) continue;
      all[key] = { ...all[key], failed: { state: job.state, reason: job.reason, job: job.id, at: job.updatedAt } };
    }
  return all;
}

function keysOf(job: Job, catalogue: Catalogue): string[] {
  return Object.keys(leftBy(catalogue.get(job.hook)?.settles ?? null, job.account));
}

/** Nothing is left there of it, and nothing failed there since. */
function isGone(marks: Applied): boolean {
  return marks['exists']?.value === 'false' && Object.values(marks).every(({ failed }) => failed === undefined);
}

/** Whether a job that ended badly still says something: nothing newer has settled the same, or done the same hook. */
async function isOpen(job: Job, marks: Applied, { store, catalogue }: ViewSources): Promise<boolean> {
  const keys = keysOf(job, catalogue);
  if (keys.length > 0)
    return keys.some((key) => {
      const { job: done = '0', failed } = marks[key] ?? {};
      return (
        Number(done) < Number(job.id) && Number(failed?.job ?? job.id) <= Number(job.id) && !removedSince(job, marks)
      );
    });
  // A plugin may well have nothing to do for it.
  if (job.state === 'skipped') return false;
  const user_id = job.account['user_id'] ?? '';
  const after = await store.jobs({ user_id, hook: job.hook, states: ['done'], after: job.id, limit: 1 });
  return after.length === 0;
}

function removedSince(job: Job, marks: Applied): boolean {
  const exists = marks['exists'];
  return exists?.value === 'false' && Number(exists.job ?? 0) > Number(job.id);
}

async function lastWordsOf(user_id: string, store: ViewSources['store']): Promise<AccountView['lastWords']> {
  const jobs = await store.jobs({ user_id, limit: jobsAskedForWords });
  // An old one that was retried may have spoken last.
  for (const job of jobs.toSorted((one, other) => other.updatedAt - one.updatedAt)) {
    if (job.attempt === 0) continue;
    const said = (await store.journal(job.id)).findLast(({ kind }) => kind === 'received');
    if (said !== undefined) return { text: said.text, job: job.id, at: said.at };
  }
  return null;
}
