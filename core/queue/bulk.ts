// What an operator does to many jobs at once: all that match a filter, in pages, none of them stopping the others.
import { OssiaError, toOssiaError } from '../errors.ts';
import type { Job, JobState } from '../model/job.ts';
import type { Store } from '../store/store.ts';
import type { BulkAction, BulkReport, Queue } from './queue.ts';

interface BulkOptions extends Pick<Queue, 'retry' | 'skip'> {
  readonly store: Pick<Store, 'jobs' | 'jobGroups' | 'write'>;
  readonly clock: () => number;
}

const possible: Readonly<Record<BulkAction['action'], readonly JobState[]>> = {
  retry: ['waiting', 'retrying', 'parked', 'refused', 'dead', 'skipped'],
  skip: ['waiting', 'retrying', 'parked', 'refused', 'dead'],
};
/** What a retry means when nobody says which: not what waits by itself, nor what somebody chose to leave out. */
const meant: Readonly<Record<BulkAction['action'], readonly JobState[]>> = {
  retry: ['retrying', 'parked', 'refused', 'dead'],
  skip: possible.skip,
};

/** Jobs of one page are changed side by side: their writes share commits. */
const pageSize = 256;
const mostProblems = 100;

export function createBulk({ store, clock, retry, skip }: BulkOptions): Queue['bulk'] {
  return async (asked) => {
    const { action, filter, by, reason, edit, dryRun } = asked;
    const states = filter.states?.filter((state) => possible[action].includes(state)) ?? meant[action];
    if (states.length === 0) throw impossible(action);
    if (dryRun) {
      const { limit: _limit, ...all } = filter;
      const groups = await store.jobGroups({ ...all, states });
      const matched = groups.reduce((sum, { count }) => sum + count, 0);
      return { matched, done: 0, superseded: 0, failed: [], groups, next: null };
    }
    const counts = { matched: 0, done: 0, superseded: 0 };
    const failed: { readonly id: string; readonly reason: string }[] = [];
    const groups = new Map<string, { readonly nasKey: string; readonly hook: string; count: number }>();
    const act = async ({ id }: Job): Promise<void> => {
      try {
        const after = action === 'retry' ? await retry(id, by, edit) : await skip(id, { by, reason });
        counts[after.state === 'superseded' ? 'superseded' : 'done']++;
      } catch (error) {
        if (failed.length < mostProblems) failed.push({ id, reason: toOssiaError(error).message });
      }
    };
    let before = filter.before;
    let isAll = false;
    while (counts.matched < filter.limit) {
      const limit = Math.min(pageSize, filter.limit - counts.matched);
      // From new to old: an old one then finds the newer of its lane that makes it needless.
      const page = await store.jobs({ ...filter, states, limit, ...(before === undefined ? {} : { before }) });
      for (const { nasKey, hook } of page) {
        const name = JSON.stringify([nasKey, hook]);
        const group = groups.get(name) ?? { nasKey, hook, count: 0 };
        group.count++;
        groups.set(name, group);
      }
      counts.matched += page.length;
      await Promise.all(page.map(act));
      before = page.at(-1)?.id ?? before;
      isAll = page.length < limit;
      if (isAll) break;
    }
    const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
    const report: BulkReport = { ...counts, failed, groups: sorted, next: isAll ? null : (before ?? null) };
    await store.write([{ type: 'audit', entry: auditOf(asked, report, clock()) }]);
    return report;
  };
}

/** That there are none of these would be taken for: there are none. */
function impossible(action: BulkAction['action']): OssiaError {
  const problem = `a job in such a state cannot be ${action === 'retry' ? 'retried' : 'skipped'}; one of ${possible[action].join(', ')} can`;
  return new OssiaError('input_invalid', 'Nothing is changed.', { fields: [{ where: '/filter/state', problem }] });
}

/** Names of changed variables only: their values may be secrets. */
function auditOf({ action, filter, by, reason, edit }: BulkAction, report: BulkReport, at: number) {
  const { matched, done, superseded } = report;
  const changed = edit === undefined ? {} : { changed: Object.keys(edit) };
  return { at, by, action: `jobs.${action}`, detail: { filter, reason, ...changed, matched, done, superseded } };
}
