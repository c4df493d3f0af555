// Closed sessions are found by IPv6 address, prefix and Acct-Session-Id from indexes, and in a network of very many along their starts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { networkKeys, startKey } from '#core/model/network.ts';
import type { Session } from '#core/model/session.ts';
import { blankSession, sessionText } from '#core/model/session-body.ts';
import { findClosed } from '#core/sessions/closed.ts';
import { compile } from '#core/sessions/conditions.ts';
import { createFields } from '#core/sessions/fields.ts';
import { manyRows } from '#core/store/sqlite/cdr-networks.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { cdrsQuery, encodeSession } from '#core/store/sqlite/session-rows.ts';
import { statements } from '#core/store/sqlite/statements.ts';
import type { CdrCondition, CdrQuery, Store } from '#core/store/store.ts';
import { makeTempDir, tempDir } from '#test/support/temp-dir.ts';

/** The nth of many: each third has IPv6. */
function closed(n: number, more: Partial<Session> = {}): Session {
  const hex = n.toString(16);
  return {
    ...blankSession,
    id: n.toString(16).padStart(8, '0'),
    key: `bras|${n}|абонент|${n}`,
    nas: 'bras',
    userName: `абонент${n}`,
    framedIp: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    framedIpv6Prefix: n % 3 === 0 ? `2001:db8:1:${hex}::/64` : '',
    delegatedIpv6Prefix: n % 3 === 0 ? `2001:db8:${hex}::/48` : '',
    startedAt: 1_000_000 + n * 1000,
    updatedAt: 1_000_000 + n * 1000,
    endedAt: 2_000_000 + n * 1000,
    ...more,
  };
}

async function world(count: number) {
  const { directory, remove } = makeTempDir();
  await (await openStore({ directory })).close();
  const database = new DatabaseSync(join(directory, 'ossia.db'));
  database.exec('BEGIN');
  const insert = database.prepare(statements.upsertCdr);
  for (let n = 1; n <= count; n++)
    for (const step of encodeSession(closed(n))) if (step.run === 'upsertCdr') insert.run(...step.values);
  database.exec('COMMIT');
  database.close();
  const store = await openStore({ directory });
  const close = async () => {
    await store.close();
    remove();
  };
  return { store, close, file: join(directory, 'ossia.db') };
}

let small: Awaited<ReturnType<typeof world>>;
beforeAll(async () => {
  small = await world(300);
});
afterAll(() => small.close());

const fields = createFields([]);

async function find(
  store: Pick<Store, 'cdrs'>,
  op: 'eq' | 'in' | 'net',
  value: string | readonly string[],
  limit = 100,
) {
  const conditions = compile([{ field: 'framed_ip', op, value }], fields);
  const found = await findClosed(store, { conditions, after: undefined, newestFirst: false, limit });
  return found.map(({ id }) => Number.parseInt(id, 16));
}

/** What it asks the store for, and how many sessions come back for that. */
function counting(store: Store) {
  const rows: number[] = [];
  const cdrs: Store['cdrs'] = async (asked) => {
    const found = await store.cdrs(asked);
    rows.push(found.length);
    return found;
  };
  return { rows, cdrs };
}

test.each([
  { op: 'eq', value: '2001:db8:1:2a::5', finds: [42] },
  { op: 'eq', value: '2001:DB8:2a:ffff::1', finds: [42] },
  { op: 'eq', value: '2001:db8:2a::/48', finds: [42] },
  { op: 'eq', value: '10.0.0.7', finds: [7] },
  { op: 'eq', value: '::ffff:10.0.0.7', finds: [7] },
  { op: 'in', value: ['10.0.0.9', '2001:db8:1:2a::'], finds: [9, 42] },
  { op: 'in', value: ['10.0.0.9', '10.0.0.3'], finds: [3, 9] },
  { op: 'net', value: '2001:db8:28::/45', finds: [42, 45] },
  { op: 'net', value: '10.0.0.4/30', finds: [4, 5, 6, 7] },
  { op: 'eq', value: '2001:db8:2c::1', finds: [] },
] as const)(
  'closed sessions with framed_ip $op $value are found, and no others are read',
  async ({ op, value, finds }) => {
    const { cdrs, rows } = counting(small.store);

    expect(await find({ cdrs }, op, value)).toEqual(finds);
    expect(rows).toEqual([finds.length]);
  },
);

const plans: readonly { it: string; where: readonly CdrCondition[]; uses: readonly string[] }[] = [
  {
    it: 'prefixes',
    where: [{ column: 'network', op: 'in', value: [startKey('2001:db8::')] }],
    uses: ['cdrs_by_address', 'cdrs_by_prefix', 'cdrs_by_delegated'],
  },
  {
    it: 'a network',
    where: [
      { column: 'network', op: 'within', value: Object.values(networkKeys('2001:db8::/32') ?? {}) },
      { column: 'started_at', op: 'lt', value: 5_000_000 },
      { column: 'ended_at', op: 'ge', value: 1 },
    ],
    uses: ['cdrs_by_address', 'cdrs_by_prefix', 'cdrs_by_delegated'],
  },
  { it: 'an address', where: [{ column: 'address', op: 'eq', value: '40a000007' }], uses: ['cdrs_by_address'] },
  {
    it: 'ids of boxes',
    where: [{ column: 'session_id', op: 'in', value: ['8100'] }],
    uses: ['sqlite_autoindex_cdrs_1 (key>? AND key<?)'],
  },
  {
    it: 'addresses',
    where: [{ column: 'address', op: 'in', value: ['40a000007', '40a000008'] }],
    uses: ['cdrs_by_address'],
  },
];

test.each(plans)('$it are looked up in their indexes and not in all rows', async ({ where, uses }) => {
  const database = new DatabaseSync(small.file, { readOnly: true });
  onTestFinished(() => database.close());
  const asked: CdrQuery = { where, newestFirst: true, limit: 10, after: { startedAt: 3_000_000, id: 'ff' } };

  const { sql, values } = cdrsQuery(asked);
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => String(detail));

  expect(plan.filter((line) => /SCAN cdrs|cdrs_by_start/.test(line))).toEqual([]);
  for (const index of uses) expect(plan.join('\n')).toContain(index);
});

test.each([
  { it: 'one id, at several boxes', value: ['8100'], finds: ['a', 'b', 'c'] },
  { it: 'several', value: ['8100', 'сессия/2'], finds: ['a', 'b', 'c', 'd'] },
  { it: 'the beginning of an id that goes on', value: ['81'], finds: [] },
  { it: 'one with a bar in it', value: ['81|00'], finds: ['e'] },
  { it: 'one that none has', value: ['nothing'], finds: [] },
])('closed sessions are found by Acct-Session-Id over all boxes: $it', async ({ value, finds }) => {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  const rows = [
    { id: 'a', nas: 'bras-1', acctSessionId: '8100' },
    { id: 'b', nas: 'bras-1-b', acctSessionId: '8100' },
    { id: 'c', nas: 'bras-10', acctSessionId: '8100' },
    { id: 'd', nas: 'z', acctSessionId: 'сессия/2' },
    { id: 'e', nas: 'bras-1', acctSessionId: '81|00' },
    { id: 'f', nas: 'a', acctSessionId: '8101' },
  ].map((one, n) => closed(n + 1, { ...one, key: `${one.nas}|${one.acctSessionId}|абонент|${n}` }));
  await store.write(rows.map((session) => ({ type: 'session', session })));

  const conditions = compile([{ field: 'session_id', op: 'in', value }], fields);
  const found = await findClosed(store, { conditions, after: undefined, newestFirst: false, limit: 9 });

  expect(found.map(({ id }) => id)).toEqual(finds);
});

test('of a network with very many sessions a page is read along the starts, and pages are the same as from the index', async () => {
  const { store, file, close } = await world(manyRows + 5_000);
  onTestFinished(close);
  const { cdrs, rows } = counting(store);

  expect(await find({ cdrs }, 'net', '10.0.0.0/8', 50)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  expect(rows).toEqual([50]);
  const range = Object.values(networkKeys('10.0.0.0/8') ?? {});
  const database = new DatabaseSync(file, { readOnly: true });
  onTestFinished(() => database.close());
  const { sql, values } = cdrsQuery(
    { where: [{ column: 'network', op: 'within', value: range }], newestFirst: false, limit: 50 },
    true,
  );
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => String(detail));
  expect(plan[0]).toContain('cdrs_by_start');
  const before = await store.cdrs({ where: [], newestFirst: true, limit: 1 });
  const window = { column: 'started_at', op: 'lt', value: before[0]?.startedAt ?? 0 } as const;
  const last = await store.cdrs({
    where: [{ column: 'network', op: 'within', value: range }, window],
    newestFirst: true,
    limit: 2,
  });
  expect(last.map(({ id }) => Number.parseInt(id, 16))).toEqual([manyRows + 4_999, manyRows + 4_998]);
});

test('rows of the shape before are found by all their addresses, as lists and as the objects of the oldest', async () => {
  const directory = tempDir();
  const migrations = new URL('../../../core/store/sqlite/migrations/', import.meta.url);
  const database = new DatabaseSync(join(directory, 'ossia.db'));
  for (const name of ['0001.sql', '0002.sql', '0003.sql'])
    database.exec(readFileSync(new URL(name, migrations), 'utf8'));
  database.exec('PRAGMA user_version = 3');
  const insert = database.prepare(
    `INSERT INTO cdrs (key, id, nas, user_id, login, framed_ip, mac, started_at, ended_at, body) VALUES (?, ?, 'b', '', '', ?, '', ?, 1, ?)`,
  );
  const list = closed(3, { framedIp: 'не адрес' });
  const { framedIp, delegatedIpv6Prefix, ...rest } = closed(6);
  insert.run(list.key, list.id, list.framedIp, list.startedAt, sessionText(list));
  insert.run(rest.key, rest.id, framedIp, rest.startedAt, JSON.stringify({ ...rest, framedIp, delegatedIpv6Prefix }));
  database.close();

  const store = await openStore({ directory });
  onTestFinished(() => store.close());

  expect(await find(store, 'eq', '2001:db8:1:3::1')).toEqual([3]);
  expect(await find(store, 'eq', '2001:db8:6:1::1')).toEqual([6]);
  expect(await find(store, 'eq', '10.0.0.6')).toEqual([6]);
  expect(await find(store, 'net', '2001:db8::/32')).toEqual([3, 6]);
});
