// Closed sessions out of the store: what has a column is asked there, the rest is tested here.
import { OssiaError } from '../errors.ts';
import { networkKeys } from '../model/network.ts';
import type { Session } from '../model/session.ts';
import type { CdrCondition, CdrQuery, Store } from '../store/store.ts';
import type { Compiled } from './conditions.ts';
import type { Position } from './search.ts';

export interface ClosedQuery {
  readonly conditions: readonly Compiled[];
  readonly where?: readonly CdrCondition[];
  readonly after: Position | undefined;
  readonly newestFirst: boolean;
  readonly limit: number;
}

const pageSize = 1000;
/** Looked at in vain by one question: what has no column would else be sought among all that ever closed. */
const mostSkipped = 100_000;
/** Looked at by one question that counts. */
const mostCounted = 1_000_000;

export async function findClosed(store: Pick<Store, 'cdrs'>, query: ClosedQuery): Promise<readonly Session[]> {
  const { limit } = query;
  const found: Session[] = [];
  for await (const session of closedOf(store, query)) {
    found.push(session);
    if (found.length === limit) break;
  }
  return found;
}

export async function countClosed(
  store: Pick<Store, 'cdrs'>,
  conditions: readonly Compiled[],
  most = mostCounted,
): Promise<number> {
  let count = 0;
  const query = { conditions, after: undefined, newestFirst: false, limit: Number.POSITIVE_INFINITY };
  for await (const _ of closedOf(store, query)) if (++count > most) throw tooMany(most);
  return count;
}

async function* closedOf(store: Pick<Store, 'cdrs'>, query: ClosedQuery): AsyncIterable<Session> {
  const { conditions, newestFirst } = query;
  const where = [...(query.where ?? []), ...conditions.flatMap(columnOf)];
  // As few as are wanted, and then more and more: who is not among the first may be anywhere.
  let limit = Math.min(pageSize, query.limit);
  let skipped = 0;
  for (let after = query.after; ; ) {
    const asked: CdrQuery = { where, newestFirst, limit, ...(after === undefined ? {} : { after }) };
    const page = await store.cdrs(asked);
    for (const session of page) {
      if (conditions.every((condition) => condition.holds(session))) yield session;
      else if (++skipped > mostSkipped) throw tooMany(mostSkipped);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = { startedAt: last.startedAt, id: last.id };
    limit = Math.min(pageSize, limit * 4);
  }
}

function tooMany(most: number): OssiaError {
  const ways =
    'say a shorter time with started_at.gt and started_at.lt, or ask by user_id, login, framed_ip, mac or session_id';
  return new OssiaError('input_invalid', `More than ${most} closed sessions would have to be looked at: ${ways}.`);
}

function columnOf({ field, op, values }: Compiled): readonly CdrCondition[] {
  const [value = ''] = values;
  switch (field.name) {
    case 'id':
    case 'nas':
    case 'user_id':
    case 'login':
      if (op === 'eq') return [{ column: field.name, op, value }];
      return op === 'in' ? [{ column: field.name, op, value: values }] : [];
    case 'session_id':
      if (values.includes('')) return [];
      return op === 'eq' || op === 'in' ? [{ column: 'session_id', op: 'in', value: values }] : [];
    case 'framed_ip':
      return addressesOf({ field, op, values });
    case 'mac': {
      const digits = field.keyOf(value) ?? '';
      return op === 'eq' && /^[0-9a-f]{12}$/.test(digits) ? [{ column: 'mac', op, value: digits }] : [];
    }
    case 'started_at':
    case 'ended_at':
      return op === 'lt' || op === 'gt' ? [{ column: field.name, op, value: Number(field.keyOf(value)) }] : [];
    default:
      return [];
  }
}

function addressesOf({ field, op, values }: Pick<Compiled, 'field' | 'op' | 'values'>): readonly CdrCondition[] {
  if (op === 'net') {
    const network = networkKeys(values[0] ?? '');
    return network === undefined ? [] : [{ column: 'network', op: 'within', value: [network.first, network.last] }];
  }
  if (op !== 'eq' && op !== 'in') return [];
  const keys = values.flatMap((value) => field.keyOf(value) ?? []);
  // Only addresses of version 6 can lie within what a session was given.
  if (keys.every((key) => key.startsWith('4'))) {
    const [only = '', ...others] = keys;
    return [{ column: 'address', ...(others.length === 0 ? { op: 'eq', value: only } : { op: 'in', value: keys }) }];
  }
  const candidates = keys.flatMap((key) => field.candidates?.(key) ?? [key]);
  return [{ column: 'network', op: 'in', value: [...new Set(candidates)] }];
}
