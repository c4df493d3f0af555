// Sessions as rows: a live one in its narrow table, a closed one as the only call detail record of its key.
import { macDigits } from '../../model/mac.ts';
import { startKey } from '../../model/network.ts';
import type { Session } from '../../model/session.ts';
import { sessionText } from '../../model/session-body.ts';
import type { CdrCondition, CdrQuery } from '../store.ts';
import { alongStarts, byIndex, type Fragment } from './cdr-networks.ts';
import { bySessionIds } from './cdr-session-ids.ts';
import type { Step, Value } from './statements.ts';

export function encodeSession(session: Session): Step[] {
  const { id, key, nas, userId, userName, startedAt, endedAt } = session;
  const body = sessionText(session);
  // A session that was given up for stale can come back.
  if (endedAt === 0)
    return [
      { run: 'upsertLive', values: [key, nas, startedAt, body] },
      { run: 'deleteCdr', values: [key] },
    ];
  const mac = macDigits(session.callingStationId);
  const { framedIp, framedIpv6Prefix, delegatedIpv6Prefix } = session;
  const addresses = [framedIp, framedIpv6Prefix, delegatedIpv6Prefix].map(startKey);
  return [
    { run: 'deleteLive', values: [key] },
    { run: 'upsertCdr', values: [key, id, nas, userId, userName, ...addresses, mac, startedAt, endedAt, body] },
  ];
}

const comparisons = { eq: '=', lt: '<', gt: '>', ge: '>=' } as const;

/** Fixed fragments, values always bound. `isMany`: so many sessions are in its networks that their indexes do not help. */
export function cdrsQuery({ where, after, newestFirst, limit }: CdrQuery, isMany = false): Fragment {
  const conditions: string[] = [];
  const values: Value[] = [];
  const isNarrow = where.some(({ column }) => column === 'session_id' || (column === 'network' && !isMany));
  // The plus keeps the planner from going along all the starts.
  const start = isNarrow ? '+started_at' : 'started_at';
  for (const condition of where) {
    if (condition.column === 'network' || condition.column === 'session_id') {
      const within = fragmentOf(condition, isMany);
      conditions.push(within.sql);
      values.push(...within.values);
      continue;
    }
    const { op, value } = condition;
    const column = condition.column === 'started_at' ? start : condition.column;
    if (typeof value === 'object') conditions.push(`${column} IN (${value.map(() => '?').join(', ')})`);
    else conditions.push(`${column} ${comparisons[op === 'in' ? 'eq' : op]} ?`);
    // The planner uses a partial index only when it sees its condition.
    if (partial.has(column) && isSet(condition)) conditions.push(`${column} <> ''`);
    if (typeof value === 'object') values.push(...value);
    else values.push(value);
  }
  const [order, than] = newestFirst ? ['DESC', '<'] : ['ASC', '>'];
  if (after !== undefined) {
    conditions.push(`(${start}, id) ${than} (?, ?)`);
    values.push(after.startedAt, after.id);
  }
  const all = conditions.length === 0 ? 'true' : conditions.join(' AND ');
  const sql = `SELECT body FROM cdrs WHERE ${all} ORDER BY ${start} ${order}, id ${order} LIMIT ?`;
  return { sql, values: [...values, limit] };
}

function fragmentOf(condition: Extract<CdrCondition, { column: 'network' | 'session_id' }>, isMany: boolean): Fragment {
  if (condition.column === 'session_id') return bySessionIds(condition.value);
  return isMany ? alongStarts(condition) : byIndex(condition);
}

const partial: ReadonlySet<string> = new Set(['user_id', 'login', 'address', 'mac']);

function isSet({ op, value }: CdrCondition): boolean {
  return (op === 'eq' && value !== '') || (op === 'in' && typeof value === 'object' && !value.includes(''));
}
