// Sessions as rows: a live one in its narrow table, a closed one as the only call detail record of its key.
import { macDigits } from '../../model/mac.ts';
import type { Session } from '../../model/session.ts';
import { sessionText } from '../../model/session-body.ts';
import type { CdrQuery } from '../store.ts';
import type { Step, Value } from './statements.ts';

export function encodeSession(session: Session): Step[] {
  const { id, key, nas, userId, userName, framedIp, startedAt, endedAt } = session;
  const body = sessionText(session);
  // A session that was given up for stale can come back.
  if (endedAt === 0)
    return [
      { run: 'upsertLive', values: [key, nas, startedAt, body] },
      { run: 'deleteCdr', values: [key] },
    ];
  const mac = macDigits(session.callingStationId);
  return [
    { run: 'deleteLive', values: [key] },
    { run: 'upsertCdr', values: [key, id, nas, userId, userName, framedIp, mac, startedAt, endedAt, body] },
  ];
}

const comparisons = { eq: '=', lt: '<', gt: '>', ge: '>=' } as const;

/** Fixed fragments, values always bound. */
export function cdrsQuery({ where, after, newestFirst, limit }: CdrQuery): {
  readonly sql: string;
  readonly values: readonly Value[];
} {
  const conditions: string[] = [];
  const values: Value[] = [];
  for (const { column, op, value } of where) {
    if (typeof value === 'object') conditions.push(`${column} IN (${value.map(() => '?').join(', ')})`);
    else conditions.push(`${column} ${comparisons[op === 'in' ? 'eq' : op]} ?`);
    // The planner uses a partial index only when it sees its condition.
    if (partial.has(column) && op === 'eq' && value !== '') conditions.push(`${column} <> ''`);
    if (typeof value === 'object') values.push(...value);
    else values.push(value);
  }
  const [order, than] = newestFirst ? ['DESC', '<'] : ['ASC', '>'];
  if (after !== undefined) {
    conditions.push(`(started_at, id) ${than} (?, ?)`);
    values.push(after.startedAt, after.id);
  }
  const all = conditions.length === 0 ? 'true' : conditions.join(' AND ');
  const sql = `SELECT body FROM cdrs WHERE ${all} ORDER BY started_at ${order}, id ${order} LIMIT ?`;
  return { sql, values: [...values, limit] };
}

const partial: ReadonlySet<string> = new Set(['user_id', 'login', 'framed_ip', 'mac']);
