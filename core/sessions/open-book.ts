// The book of sessions: live ones out of memory, closed ones out of the store, in one order.
import { type FieldProblem, OssiaError } from '../errors.ts';
import type { Session } from '../model/session.ts';
import type { Store } from '../store/store.ts';
import type { Condition, InferredEnd, ListedSession, SessionBook, SessionPage, SessionTransition } from './book.ts';
import { countClosed, findClosed } from './closed.ts';
import { type Compiled, compile } from './conditions.ts';
import type { Field } from './fields.ts';
import { countLive, findLive, type Position } from './search.ts';
import type { Entry, SessionTable } from './table.ts';

export interface BookOptions {
  readonly table: SessionTable;
  readonly store: Pick<Store, 'cdrs'>;
  readonly fields: ReadonlyMap<string, Field>;
  readonly alterable: readonly string[];
  readonly end: (entry: Entry, why: InferredEnd) => Promise<void>;
  readonly alter: (entry: Entry, session: Session) => Promise<void>;
  readonly adopt: (nas: string, listed: ListedSession) => Promise<Session>;
  readonly listeners: Set<(change: SessionTransition) => void>;
}

/** The fields of a session that have a place of their own; others stand among its `fields`. */
const places: Readonly<Record<string, keyof Session>> = {
  plan: 'plan',
  user_id: 'userId',
  port: 'port',
  class: 'class',
  framed_ip: 'framedIp',
  mac: 'callingStationId',
  called_station_id: 'calledStationId',
};

export function createBook(options: BookOptions): SessionBook {
  const { table, store, fields, alterable, end, alter, adopt, listeners } = options;

  /** The row of one that came back is removed only when its live one is written. */
  const isClosed = ({ id }: Session): boolean => liveById(id) === undefined;

  function liveById(id: string): Entry | undefined {
    return table.liveBy('id', id)[0];
  }

  return {
    async get(id) {
      const known = liveById(id) ?? table.closedById(id);
      if (known !== undefined) return known.session;
      const where = [{ column: 'id', op: 'eq', value: id } as const];
      const [session] = await store.cdrs({ where, newestFirst: true, limit: 1 });
      return session;
    },
    async find({ conditions, state, limit, cursor }) {
      const asked = compile(conditions, fields);
      const { live, closed } = statesOf(asked, state);
      const after = positionOf(cursor);
      const page = { after, limit: checked(limit) + 1 };
      const [fromLive, fromClosed] = await Promise.all([
        live ? findLive({ table, conditions: asked }, page) : [],
        closed ? findClosed(store, { conditions: asked, newestFirst: false, ...page }) : [],
      ]);
      const found = [...fromLive.map(({ session }) => session).filter(isLive), ...fromClosed.filter(isClosed)];
      return pageOf(closed ? found.sort(oldestFirst) : found, limit);
    },
    async count({ conditions, state }) {
      const asked = compile(conditions, fields);
      const { live, closed } = statesOf(asked, state);
      const counted = await Promise.all([
        live ? countLive({ table, conditions: asked }) : 0,
        closed ? countClosed(store, asked) : 0,
      ]);
      return counted[0] + counted[1];
    },
    async history({ by, from, to, limit, cursor }) {
      const condition: Condition = { field: by.field, op: 'eq', value: by.value };
      const asked = compile([condition], fields);
      const after = positionOf(cursor);
      const isWithin = (session: Session): boolean =>
        session.startedAt < to && (after === undefined || newestFirst(session, after) > 0);
      const all = await findLive({ table, conditions: asked }, { after: undefined, limit: Number.POSITIVE_INFINITY });
      const closed = await findClosed(store, {
        conditions: asked,
        where: [
          { column: 'started_at', op: 'lt', value: to },
          { column: 'ended_at', op: 'ge', value: from },
        ],
        after,
        newestFirst: true,
        limit: checked(limit) + 1,
      });
      const live = all.map(({ session }) => session).filter((session) => isLive(session) && isWithin(session));
      return pageOf([...live, ...closed.filter(isClosed)].sort(newestFirst), limit);
    },
    async close(id, why) {
      const entry = liveById(id);
      if (entry === undefined) return undefined;
      await end(entry, why);
      return entry.session;
    },
    adopt,
    async alter(id, changes, before = async () => {}) {
      const problems: FieldProblem[] = [];
      for (const [name, value] of Object.entries(changes)) {
        const field = fields.get(name);
        if (!alterable.includes(name))
          problems.push({ where: `/${name}`, problem: 'is not among alterable_fields of the settings' });
        else if (field !== undefined && value !== '' && field.keyOf(value) === undefined)
          problems.push({ where: `/${name}`, problem: `expects ${field.expects}` });
      }
      if (problems.length > 0)
        throw new OssiaError('input_invalid', 'Some of these fields cannot be changed so.', { fields: problems });
      if (liveById(id) === undefined) return undefined;
      await before();
      const entry = liveById(id);
      if (entry === undefined) return undefined;
      await alter(entry, altered(entry.session, changes));
      return entry.session;
    },
    fields: () => [...fields.values()].map(({ name, operators, indexed }) => ({ name, operators, indexed })),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function altered(session: Session, changes: Readonly<Record<string, string>>): Session {
  const own: Record<string, string> = {};
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(changes)) {
    const place = Object.hasOwn(places, name) ? places[name] : undefined;
    if (place === undefined) others[name] = value;
    else own[place] = value;
  }
  const fields = Object.keys(others).length === 0 ? session.fields : { ...session.fields, ...others };
  return { ...session, ...own, fields };
}

/** What the query says of the state, and what its conditions leave of that. */
function statesOf(conditions: readonly Compiled[], state: 'live' | 'closed' | 'any' | undefined) {
  const byCondition = conditions.filter(({ field }) => field.name === 'state');
  const asked = state ?? (byCondition.length > 0 ? 'any' : 'live');
  const allows = (name: 'live' | 'closed'): boolean =>
    (asked === 'any' || asked === name) &&
    byCondition.every(({ op, values }) => (op === 'not' ? !values.includes(name) : values.includes(name)));
  return { live: allows('live'), closed: allows('closed') };
}

function isLive({ endedAt }: Session): boolean {
  return endedAt === 0;
}

function pageOf(sessions: readonly Session[], limit: number): SessionPage {
  const page = sessions.slice(0, limit);
  const last = page.at(-1);
  const hasMore = sessions.length > limit && last !== undefined;
  return { sessions: page, nextCursor: hasMore ? `${last.startedAt}.${last.id}` : null };
}

function positionOf(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const found = /^(\d{1,16})\.([0-9a-f]{1,64})$/.exec(cursor);
  if (found !== null) return { startedAt: Number(found[1]), id: found[2] ?? '' };
  const fields = [{ where: '/cursor', problem: 'expected the cursor of the page before' }];
  throw new OssiaError('input_invalid', 'The cursor is none of ours.', { fields });
}

function checked(limit: number): number {
  if (Number.isInteger(limit) && limit > 0) return limit;
  const fields = [{ where: '/limit', problem: 'expected a whole number above 0' }];
  throw new OssiaError('input_invalid', 'The limit is wrong.', { fields });
}

function oldestFirst(a: Position, b: Position): number {
  return a.startedAt - b.startedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function newestFirst(a: Position, b: Position): number {
  return -oldestFirst(a, b);
}
