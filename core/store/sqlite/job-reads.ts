// Questions about jobs, the events that they came from, and their journal.
import { endedStates, jobStates } from '../../model/job.ts';
import type { Store } from '../store.ts';
import { jobGroupsQuery, jobsQuery } from './jobs-query.ts';
import type { Query } from './query.ts';
import { accountOf, entriesOf, jobColumns, jobOf } from './rows.ts';

type JobReads = Pick<
  Store,
  'jobs' | 'jobGroups' | 'job' | 'jobsOfEvent' | 'event' | 'unended' | 'journal' | 'lastJobId' | 'counts'
>;

const unendedList = jobStates
  .filter((state) => !endedStates.has(state))
  .map((state) => `'${state}'`)
  .join(', ');

/** `scan` is for what reads much: it must not keep a short question waiting. */
export function jobReads({ query, scan }: { readonly query: Query; readonly scan: Query }): JobReads {
  return {
    async jobs(filter) {
      const { user_id, eventId, limit } = filter;
      const states = [...new Set(filter.states)];
      // Several states at once would be sorted anew for each page, all of them; one by one each comes in the order of its index.
      const apart = states.length > 1 && user_id === undefined && eventId === undefined;
      const parts = apart ? states.map((state) => ({ ...filter, states: [state] })) : [filter];
      const lists = await Promise.all(
        parts.map((part) => {
          const { sql, values } = jobsQuery(part);
          return query(sql, ...values);
        }),
      );
      const found = lists.flat().map(jobOf);
      return apart ? found.sort((left, right) => Number(right.id) - Number(left.id)).slice(0, limit) : found;
    },
    async jobGroups(filter) {
      const { sql, values } = jobGroupsQuery(filter);
      return (await scan(sql, ...values)).map((row) => ({
        nasKey: String(row['nas_key']),
        hook: String(row['hook']),
        count: Number(row['count']),
      }));
    },
    async job(id) {
      if (!/^\d{1,15}$/.test(id)) return undefined;
      const [row] = await query(`SELECT ${jobColumns} WHERE j.id = ?`, Number(id));
      return row && jobOf(row);
    },
    async jobsOfEvent(eventId) {
      const rows = await query('SELECT id FROM jobs WHERE event_id = ? ORDER BY id', eventId);
      return rows.map((row) => String(row['id']));
    },
    async event(id) {
      const [row] = await query('SELECT hook, account FROM events WHERE id = ?', id);
      return row && { id, hook: String(row['hook']), account: accountOf(row['account']) };
    },
    async unended(afterId, limit) {
      const sql = `SELECT ${jobColumns} WHERE j.state IN (${unendedList}) AND j.id > ? ORDER BY j.id LIMIT ?`;
      return (await query(sql, Number(afterId), limit)).map(jobOf);
    },
    async journal(jobId) {
      const rows = await query('SELECT job_id, entries FROM journal WHERE job_id = ? ORDER BY id', Number(jobId));
      return rows.flatMap(entriesOf);
    },
    async lastJobId() {
      const [row] = await query(
        'SELECT max(coalesce((SELECT max(id) FROM jobs), 0), (SELECT highest FROM deleted_jobs)) AS id',
      );
      return String(row?.['id'] ?? 0);
    },
    async counts() {
      const rows = await query(`SELECT state, count(*) AS n FROM jobs WHERE state <> 'done' GROUP BY state`);
      return Object.fromEntries(rows.map((row) => [String(row['state']), Number(row['n'])]));
    },
  };
}
