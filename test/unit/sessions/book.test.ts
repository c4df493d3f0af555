// The book of sessions against a plain filter over all of them, and what it refuses.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Session } from '#core/model/session.ts';
import type { Condition, SessionPage, SessionQuery } from '#core/sessions/book.ts';
import { createSessions, type Sessions } from '#core/sessions/sessions.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { accountingRecord, noon } from '#test/support/accounting-record.ts';

const minute = 60_000;
let directory: string;
let store: Store;
let sessions: Sessions;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ossia-book-'));
  store = await openStore({ directory });
  sessions = await open();
});

afterEach(async () => {
  sessions.close();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

function open(): Promise<Sessions> {
  return createSessions({
    store,
    ingest: { submitSession: async ({ id }) => ({ type: 'accepted', event: id, jobs: [], duplicate: false }) },
    directory: { firing: () => ({ onStart: true, onStop: true }), nasOf: () => undefined },
    settings: { sessionIndexes: ['street', 'class'], alterableFields: ['plan', 'street'], sessionTtl: 0 },
    log: { warn: () => {} },
    now: () => noon,
  });
}

const ids = (found: readonly Session[]): readonly string[] => found.map(({ acctSessionId }) => acctSessionId);
const find = async (conditions: readonly Condition[], more: Partial<SessionQuery> = {}) =>
  (await sessions.book.find({ conditions, limit: 1000, ...more })).sessions;

/** Of line n. */
function record(n: number) {
  return accountingRecord({
    acctSessionId: `s${String(n).padStart(3, '0')}`,
    userName: `абонент${n % 40}`,
    nas: `bras-${n % 3}`,
    framedIp: `10.${n % 2}.${n % 7}.${n % 250}`,
    delegatedIpv6Prefix: n % 5 === 0 ? `2001:db8:${n.toString(16)}::/48` : '',
    callingStationId: `AA:BB:CC:00:${(n % 4).toString(16).padStart(2, '0')}:${(n % 256).toString(16).padStart(2, '0')}`,
    port: `vlan${n % 11}/${n}`,
    class: n % 2 === 0 ? '00ff' : '',
    at: noon + ((n * 7) % 50) * minute,
  });
}

const value = fc.oneof(
  fc.constantFrom('абонент1', 'абонент', 'bras-1', 's01', 's017', 'vlan1', '00ff', 'live', 'closed'),
  fc.constantFrom('10.1.3.17', '10.0.0.0/8', '10.1.0.0/16', '10.1.4.0/22', '2001:db8:a::5', '2001:db8::/32'),
  fc.constantFrom('aabb.cc00.0111', 'AA-BB-CC-00-01', String(noon + 20 * minute), '2026-11-21T12:25:00Z', ''),
);
const condition = fc.record({
  field: fc.constantFrom('login', 'nas', 'framed_ip', 'mac', 'port', 'session_id', 'class', 'state', 'started_at'),
  op: fc.constantFrom('eq', 'not', 'in', 'prefix', 'lt', 'gt', 'net'),
  value: fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 })),
}) as fc.Arbitrary<Condition>;

test('any query gives what every single session answers for itself, in one order, page by page, and counts the same', async () => {
  for (let n = 0; n < 120; n++) await sessions.sink(record(n));
  for (let n = 0; n < 120; n += 6)
    await sessions.sink({ ...record(n), status: 'stop', at: record(n).at + 90 * minute, sessionTime: 5400 });
  const all = await find([], { state: 'any' });
  expect(all).toHaveLength(120);
  let answered = 0;

  await fc.assert(
    fc.asyncProperty(
      fc.array(condition, { maxLength: 3 }),
      fc.constantFrom('live', 'closed', 'any'),
      fc.integer({ min: 1, max: 9 }),
      async (conditions, state, limit) => {
        const one = async (session: Session) => {
          const own: Condition = { field: 'id', op: 'eq', value: session.id };
          return (await find([...conditions, own], { state })).length === 1;
        };
        let cursor: string | null = null;
        const paged: Session[] = [];
        do {
          const page: SessionPage | Error = await sessions.book
            .find({ conditions, state, limit, ...(cursor === null ? {} : { cursor }) })
            .catch((error) => error);
          if (page instanceof Error) {
            expect(page).toMatchObject({ code: 'input_invalid' });
            return;
          }
          paged.push(...page.sessions);
          cursor = page.nextCursor;
        } while (cursor !== null);
        const expected: Session[] = [];
        for (const session of all) if (await one(session)) expected.push(session);
        expect(ids(paged)).toEqual(ids(expected));
        expect(await sessions.book.count({ conditions, state })).toBe(expected.length);
        answered++;
      },
    ),
    { numRuns: 60 },
  );
  expect(answered).toBeGreaterThan(10);
}, 60_000);

test.each<{ it: string; conditions: readonly Condition[]; finds: (n: number) => boolean }>([
  { it: 'login', conditions: [{ field: 'login', op: 'eq', value: 'абонент7' }], finds: (n) => n % 40 === 7 },
  {
    it: 'a beginning',
    conditions: [{ field: 'session_id', op: 'prefix', value: 's01' }],
    finds: (n) => n >= 10 && n < 20,
  },
  { it: 'less', conditions: [{ field: 'session_id', op: 'lt', value: 's005' }], finds: (n) => n < 5 },
  { it: 'greater', conditions: [{ field: 'session_id', op: 'gt', value: 's055' }], finds: (n) => n > 55 },
  { it: 'not', conditions: [{ field: 'nas', op: 'not', value: 'bras-0' }], finds: (n) => n % 3 !== 0 },
  { it: 'one of', conditions: [{ field: 'nas', op: 'in', value: ['bras-0', 'bras-2'] }], finds: (n) => n % 3 !== 1 },
  { it: 'a network', conditions: [{ field: 'framed_ip', op: 'net', value: '10.1.0.0/16' }], finds: (n) => n % 2 === 1 },
  {
    it: 'a MAC in other notation',
    conditions: [{ field: 'mac', op: 'eq', value: 'aabb-cc00-0309' }],
    finds: () => false,
  },
  { it: 'a MAC', conditions: [{ field: 'mac', op: 'eq', value: 'aabb.cc00.0307' }], finds: (n) => n === 7 },
  {
    it: 'an address within a delegated prefix',
    conditions: [{ field: 'framed_ip', op: 'eq', value: '2001:db8:a:ffff::1' }],
    finds: (n) => n === 10,
  },
  {
    it: 'two at once',
    conditions: [
      { field: 'nas', op: 'eq', value: 'bras-1' },
      { field: 'class', op: 'eq', value: '00ff' },
    ],
    finds: (n) => n % 3 === 1 && n % 2 === 0,
  },
])('sessions are found by $it', async ({ conditions, finds }) => {
  for (let n = 0; n < 60; n++) await sessions.sink(record(n));

  const expected = Array.from({ length: 60 }, (_, n) => n).filter(finds);
  expect(
    (await find(conditions)).map(({ acctSessionId }) => Number(acctSessionId.slice(1))).sort((a, b) => a - b),
  ).toEqual(expected);
});

test.each<{ it: string; condition: Condition; where: string }>([
  {
    it: 'a field that does not exist',
    condition: { field: 'logim', op: 'eq', value: 'x' },
    where: '/conditions/0/field',
  },
  {
    it: 'an operator that the field has not',
    condition: { field: 'mac', op: 'net', value: 'x' },
    where: '/conditions/0/op',
  },
  {
    it: 'a network that is none',
    condition: { field: 'framed_ip', op: 'net', value: '10.0.0.0/33' },
    where: '/conditions/0/value',
  },
  { it: 'an empty beginning', condition: { field: 'login', op: 'prefix', value: '' }, where: '/conditions/0/value' },
  { it: 'one of none', condition: { field: 'login', op: 'in', value: [] }, where: '/conditions/0/value' },
  {
    it: 'a state that does not exist',
    condition: { field: 'state', op: 'eq', value: 'dead' },
    where: '/conditions/0/value',
  },
])('$it is refused, never taken for all', async ({ condition: wrong, where }) => {
  await sessions.sink(record(1));

  const refusal = { code: 'input_invalid', fields: [{ where }] };
  await expect(find([wrong])).rejects.toMatchObject(refusal);
  await expect(sessions.book.count({ conditions: [wrong] })).rejects.toMatchObject(refusal);
});

test('indexes follow what updates and people change, and only allowed fields are changed', async () => {
  await sessions.sink(record(1));
  await sessions.sink({ ...record(1), status: 'interim', at: noon + 60 * minute, framedIp: '10.9.9.9' });
  const [session] = await find([{ field: 'framed_ip', op: 'eq', value: '10.9.9.9' }]);
  expect(await find([{ field: 'framed_ip', op: 'eq', value: record(1).framedIp }])).toEqual([]);
  const id = session?.id ?? '';

  await sessions.book.alter(id, { plan: 'тариф-100', street: 'Садовая' });

  expect(ids(await find([{ field: 'plan', op: 'eq', value: 'тариф-100' }]))).toEqual(['s001']);
  expect(ids(await find([{ field: 'street', op: 'prefix', value: 'Сад' }]))).toEqual(['s001']);
  await expect(sessions.book.alter(id, { framed_ip: '10.1.1.1' })).rejects.toMatchObject({
    code: 'input_invalid',
    fields: [{ where: '/framed_ip' }],
  });
});

test('a restart finds the same live sessions by every field', async () => {
  for (let n = 0; n < 60; n++) await sessions.sink(record(n));
  const asked: readonly Condition[] = [{ field: 'framed_ip', op: 'net', value: '10.1.0.0/16' }];
  const before = await find(asked);
  sessions.close();

  sessions = await open();

  expect(await find(asked)).toEqual(before);
  expect(ids(await find([{ field: 'login', op: 'eq', value: 'абонент7' }]))).toEqual(['s047', 's007']);
});

test('history gives live and closed sessions of a window, newest first, page by page', async () => {
  const line = (n: number) => ({ ...record(7), acctSessionId: `h${n}`, at: noon + n * 60 * minute, port: '' });
  for (let n = 0; n < 6; n++) {
    await sessions.sink(line(n));
    if (n < 5) await sessions.sink({ ...line(n), status: 'stop', at: line(n).at + 30 * minute, sessionTime: 1800 });
  }
  const by = { field: 'mac', value: 'AA-BB-CC-00-03-07' } as const;
  const window = { by, from: noon + 90 * minute, to: noon + 86_400_000, limit: 2 };

  const first = await sessions.book.history(window);
  const second = await sessions.book.history({ ...window, cursor: first.nextCursor ?? '' });
  const third = await sessions.book.history({ ...window, cursor: second.nextCursor ?? '' });

  expect([first, second, third].map(({ sessions: page }) => ids(page))).toEqual([['h5', 'h4'], ['h3', 'h2'], ['h1']]);
  expect(third.nextCursor).toBeNull();
});
