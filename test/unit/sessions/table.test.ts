// A restored table against a plain list: whatever changes while its indexes are being made, a query answers with all, and only them.
import { expect, test } from 'vitest';
import type { Session } from '#core/model/session.ts';
import { blankSession } from '#core/model/session-body.ts';
import type { Condition } from '#core/sessions/book.ts';
import { compile } from '#core/sessions/conditions.ts';
import { createFields } from '#core/sessions/fields.ts';
import { countLive, findLive } from '#core/sessions/search.ts';
import { createTable, type Entry } from '#core/sessions/table.ts';

const restored = 4000;
const fields = createFields(['street']);

function sessionOf(n: number, change: Partial<Session> = {}): Session {
  const mixed = (n * 7919) % 5003;
  return {
    ...blankSession,
    id: mixed.toString(16).padStart(20, '0'),
    key: `bras-${n % 7}|s${n}|абонент-${mixed}|${n % 50}`,
    nas: `bras-${n % 7}`,
    acctSessionId: `s${n}`,
    userName: `абонент-${mixed}`,
    framedIp: n % 10 === 0 ? '' : `10.${n % 3}.${(mixed >> 8) & 255}.${mixed & 255}`,
    delegatedIpv6Prefix: n % 4 === 0 ? `2001:db8:${mixed.toString(16)}::/56` : '',
    callingStationId: `AA:BB:CC:00:${((mixed >> 8) & 255).toString(16).padStart(2, '0')}:${(mixed & 255).toString(16).padStart(2, '0')}`,
    plan: `план ${n % 3}`,
    // Many begin in the same second.
    startedAt: (1_795_262_400 + (n % 50)) * 1000,
    fields: { street: `улица ${n % 13}` },
    ...change,
  };
}

function entryOf(session: Session): Entry {
  const identity = session.key.slice(0, session.key.lastIndexOf('|'));
  return { identity, session, written: null, dirty: false, writing: null, owed: [], telling: 0, seenAt: 0 };
}

const queries: readonly Condition[] = [
  { field: 'login', op: 'prefix', value: 'абонент-1' },
  { field: 'login', op: 'lt', value: 'абонент-3' },
  { field: 'framed_ip', op: 'net', value: '10.1.0.0/16' },
  { field: 'framed_ip', op: 'net', value: '2001:db8::/36' },
  { field: 'mac', op: 'prefix', value: 'AA-BB-CC-00-07' },
  { field: 'nas', op: 'eq', value: 'bras-3' },
  { field: 'session_id', op: 'gt', value: 's35' },
  { field: 'plan', op: 'eq', value: 'план 2' },
  { field: 'plan', op: 'eq', value: 'новый' },
  { field: 'street', op: 'eq', value: 'улица 11' },
  { field: 'id', op: 'prefix', value: '0000000000000000000' },
];

test.each(['before its indexes are made', 'while they are being made', 'after they were'])(
  'a restored table answers rightly, changed %s',
  async (when) => {
    const table = createTable({ startedAt: 0, maxClosed: 10, fields });
    const entries = Array.from({ length: restored }, (_, n) => entryOf(sessionOf(n)));
    const live = new Set(entries);
    const made = table.load(entries);
    if (when === 'after they were') await made;

    for (let n = 0; n < restored; n += 3) {
      const entry = entries[n] as Entry;
      const { session } = entry;
      const kind = n % 5;
      if (kind === 0) {
        table.change(entry, { ...session, endedAt: session.startedAt + 1000 });
        live.delete(entry);
      } else if (kind === 1) table.change(entry, { ...session, plan: 'новый', framedIp: '10.1.200.1' });
      else if (kind === 2) table.change(entry, { ...session, startedAt: session.startedAt - 7000 });
      else if (kind === 3) table.change(entry, { ...session, inputOctets: 5 });
      else {
        const added = entryOf(sessionOf(restored + n));
        table.keep(added);
        live.add(added);
      }
      if (when === 'while they are being made' && n % 400 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (when !== 'before its indexes are made' && n % 600 === 0) await checkOne(n);
    }
    for (let at = 0; at < queries.length; at++) await checkOne(at);
    await made;
    for (let at = 0; at < queries.length; at++) await checkOne(at);
    expect(table.counts().live).toBe(live.size);

    async function checkOne(at: number): Promise<void> {
      const conditions = compile([queries[at % queries.length] as Condition], fields);
      const found = await findLive({ table, conditions }, { after: undefined, limit: Number.POSITIVE_INFINITY });
      const expected = [...live]
        .filter(({ session }) => conditions.every(({ holds }) => holds(session)))
        .sort(({ session: a }, { session: b }) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
      expect(found.map(({ session }) => session.key)).toEqual(expected.map(({ session }) => session.key));
      expect(await countLive({ table, conditions })).toBe(expected.length);
    }
  },
);

test('others have their turns while an index is being made that a query waits for', async () => {
  const table = createTable({ startedAt: 0, maxClosed: 10, fields });
  const session = sessionOf(1);
  const entries = Array.from({ length: 150_000 }, (_, n) =>
    entryOf({ ...session, id: `${n}`, key: `b|${n}|u|1`, userName: `абонент-${n}` }),
  );
  const made = table.load(entries);
  let turns = 0;
  let isAsking = true;
  const turn = (): void => {
    turns++;
    if (isAsking) setImmediate(turn);
  };
  setImmediate(turn);

  const conditions = compile([{ field: 'login', op: 'eq', value: 'абонент-77777' }], fields);
  const found = await findLive({ table, conditions }, { after: undefined, limit: 2 });

  isAsking = false;
  expect(found).toEqual([entries[77_777]]);
  expect(turns).toBeGreaterThan(8);
  await made;
});
