// From rows to the model. What the database holds, we wrote: it is trusted.
import type { Account } from '../../model/account.ts';
import type { Job, JobState } from '../../model/job.ts';
import type { JournalEntry } from '../store.ts';
import type { Row } from './query.ts';

/** For `SELECT ... WHERE`; a job's account is its event's unless it has its own. */
export const jobColumns =
  'j.*, coalesce(j.account, e.account) AS variables FROM jobs j LEFT JOIN events e ON e.id = j.event_id AND j.account IS NULL';

export function jobOf(row: Row): Job {
  return {
    id: String(row['id']),
    eventId: String(row['event_id']),
    lane: String(row['lane']),
    nasKey: String(row['nas_key']),
    hook: String(row['hook']),
    account: accountOf(row['variables']),
    background: row['background'] === 1,
    state: String(row['state']) as JobState,
    attempt: Number(row['attempt']),
    failures: Number(row['failures']),
    notBefore: Number(row['not_before']),
    reason: String(row['reason']),
    code: String(row['code']),
    createdAt: Number(row['created_at']),
    updatedAt: Number(row['updated_at']),
  };
}

export function accountOf(text: unknown): Account {
  return JSON.parse(String(text ?? '{}')) as Account;
}

export function entriesOf(row: Row): JournalEntry[] {
  const jobId = String(row['job_id']);
  return (JSON.parse(String(row['entries'])) as Omit<JournalEntry, 'jobId'>[]).map((entry) => ({ ...entry, jobId }));
}
