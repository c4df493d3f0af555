// From a filter of jobs to its query: fixed fragments, values always bound.
import type { JobFilter } from '../store.ts';
import { jobColumns } from './rows.ts';
import type { Value } from './statements.ts';

interface JobsQuery {
  readonly sql: string;
  readonly values: readonly Value[];
}

export function jobsQuery({ limit, ...filter }: JobFilter): JobsQuery {
  const { where, values } = conditionsOf(filter);
  return { sql: `SELECT ${jobColumns} WHERE ${where} ORDER BY j.id DESC LIMIT ?`, values: [...values, limit] };
}

export function jobGroupsQuery(filter: Omit<JobFilter, 'limit'>): JobsQuery {
  const { where, values } = conditionsOf(filter);
  const sql = `SELECT nas_key, hook, count(*) AS count FROM jobs j WHERE ${where} GROUP BY nas_key, hook ORDER BY count DESC, nas_key, hook`;
  return { sql, values };
}

function conditionsOf(filter: Omit<JobFilter, 'limit'>): { readonly where: string; readonly values: Value[] } {
  const conditions: string[] = [];
  const values: Value[] = [];
  const add = (condition: string, ...bound: readonly Value[]): void => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (filter.states) {
    add(`j.state IN (${filter.states.map(() => '?').join(', ')})`, ...filter.states);
    // The planner uses the partial index only when it sees its condition.
    if (!filter.states.includes('done')) add(`j.state <> 'done'`);
  }
  if (filter.nasKeys) add(`j.nas_key IN (${filter.nasKeys.map(() => '?').join(', ')})`, ...filter.nasKeys);
  if (filter.hook !== undefined) add('j.hook = ?', filter.hook);
  if (filter.user_id !== undefined) add('j.user_id = ?', filter.user_id);
  if (filter.login !== undefined) add('j.login = ?', filter.login);
  if (filter.eventId !== undefined) add('j.event_id = ?', filter.eventId);
  if (filter.code !== undefined) add('j.code = ?', filter.code);
  if (filter.lane !== undefined) add('j.lane = ?', filter.lane);
  if (filter.background !== undefined) add('j.background = ?', filter.background ? 1 : 0);
  if (filter.updatedBefore !== undefined) add('j.updated_at < ?', filter.updatedBefore);
  if (filter.after !== undefined) add('j.id > ?', Number(filter.after));
  if (filter.before !== undefined) add('j.id < ?', Number(filter.before));
  return { where: conditions.length === 0 ? 'true' : conditions.join(' AND '), values };
}
