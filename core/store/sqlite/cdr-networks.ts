// Closed sessions by the addresses and prefixes they had, as SQL: from the indexes, or along the starts when there are very many.
import type { NetworkCondition } from '../store.ts';
import type { Value } from './statements.ts';

export interface Fragment {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Rows from here on are met sooner by going along the starts than by sorting all that an index gives. */
export const manyRows = 20_000;

const columns = ['address', 'prefix', 'delegated'] as const;

/** The rows of these sessions, each once or several times. */
function rowsOf({ op, value }: NetworkCondition): Fragment {
  const test = op === 'in' ? 'IN (SELECT value FROM json_each(?))' : 'BETWEEN ? AND ?';
  const values = op === 'in' ? [JSON.stringify(value)] : value;
  return {
    // The planner uses a partial index only when it sees its condition.
    sql: columns
      .map((column) => `SELECT row FROM cdrs WHERE ${column} <> '' AND ${column} ${test}`)
      .join(' UNION ALL '),
    values: columns.flatMap(() => values),
  };
}

/** Its answer has one row when there are many. */
export function manyQuery(condition: NetworkCondition): Fragment {
  const { sql, values } = rowsOf(condition);
  return { sql: `SELECT 1 FROM (${sql}) LIMIT 1 OFFSET ${manyRows}`, values };
}

export function byIndex(condition: NetworkCondition): Fragment {
  const { sql, values } = rowsOf(condition);
  return { sql: `row IN (${sql})`, values };
}

/** The plus keeps the planner from their indexes. */
export function alongStarts({ op, value }: NetworkCondition): Fragment {
  const test = op === 'in' ? 'IN (SELECT value FROM json_each(?))' : 'BETWEEN ? AND ?';
  const values = op === 'in' ? [JSON.stringify(value)] : value;
  return {
    sql: `(${columns.map((column) => `+${column} ${test}`).join(' OR ')})`,
    values: columns.flatMap(() => values),
  };
}
