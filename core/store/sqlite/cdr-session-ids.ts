// Closed sessions by the ids that their boxes gave them: keys begin with the box and the id, and boxes are few, so each is looked at.
import type { Fragment } from './cdr-networks.ts';

/**
 * From box to box by way of the keys: after all of a box comes what sorts behind its name and a `}`, the sign after `|`. An id that
 * goes on behind a `|` is found by its beginning as well; who asks tests that.
 */
export function bySessionIds(ids: readonly string[]): Fragment {
  const sql = `row IN (
    WITH RECURSIVE boxes (nas) AS (
      SELECT (SELECT nas FROM cdrs WHERE key > '' ORDER BY key LIMIT 1)
      UNION ALL
      SELECT (SELECT nas FROM cdrs WHERE key > boxes.nas || '}' ORDER BY key LIMIT 1) FROM boxes WHERE boxes.nas IS NOT NULL
    )
    SELECT c.row FROM boxes, json_each(?) AS wanted, cdrs AS c
    WHERE c.key > boxes.nas || '|' || wanted.value || '|' AND c.key < boxes.nas || '|' || wanted.value || '}'
  )`;
  return { sql, values: [JSON.stringify(ids)] };
}
