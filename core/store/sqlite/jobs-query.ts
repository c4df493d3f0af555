// From a filter of jobs to its query: fixed fragments, values always bound.
import type { JobFilter } from '../store.ts';
import { jobColumns } from './rows.ts';
import type { Value } from './statements.ts';

export function jobsQuery(filter: JobFilter): { readonly sql: string; readonly values: readonly Value[] } {
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
  if (filter.nasKey !== undefined) add('j.nas_key = ?', filter.nasKey);
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
  const where = conditions.length === 0 ? 'true' : conditions.join(' AND ');
  return { sql: `SELECT ${jobColumns} WHERE ${where} ORDER BY j.id DESC LIMIT ?`, values: [...values, filter.limit] };
}
