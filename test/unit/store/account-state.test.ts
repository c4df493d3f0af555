// Account state in the store: what events make of a row, what guards it, and what was made of it on each box.
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { AccountRecord, State } from '#core/model/state.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { AccountWrite, Change } from '#core/store/store.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { storedJob } from './stored-job.ts';

async function open(directory = tempDir()) {
  const store = await openStore({ directory });
  onTestFinished(() => store.close());
  return store;
}

interface Told {
  readonly userId?: string;
  readonly variables?: Account | null;
  readonly variablesIfNew?: Account;
  readonly settled?: State;
  readonly ifVersion?: number;
  readonly at?: number;
}

function tell({ userId = '1', variables = {}, settled = {}, at = 5, ...guard }: Told): AccountWrite {
  return { type: 'tell', userId, variables, settled, at, ...guard };
}

let events = 0;
function event(account: AccountWrite, id = `e${++events}`): Change {
  const made = storedJob(++events, { eventId: id });
  const body = { id, hook: made.hook, account: made.account, occurredAt: '2026-11-21T20:00:00+02:00', source: 'http' };
  return { type: 'event', event: body, jobs: [made], account };
}

function record(more: Partial<AccountRecord> = {}): AccountRecord {
  const variables = { user_id: '1', login: 'алиса', ip: '10.1.0.1', nas_ip: '10.0.0.1' };
  return { userId: '1', variables, nasKey: '10.0.0.1', desired: {}, version: 0, goneAt: 0, updatedAt: 7, ...more };
}

test('what events tell is merged variable by variable and key by key, and the version grows with each', async () => {
  const store = await open();
  const first = { user_id: '1', login: 'алиса', ip: '10.1.0.1', nas_ip: '10.0.0.1', fio: 'Ёлкина «А»', comment: 'x' };
  await store.write([event(tell({ variables: first, settled: { exists: 'true', 'service:7': 'on' } }))]);
  await store.write([event(tell({ variables: { comment: '', tariff: 'ночь' }, settled: { accept: 'false' }, at: 6 }))]);
  await store.write([event(tell({ variables: null, settled: { logged: 'true', 'service:7': 'off' }, at: 7 }))]);
  expect(await store.record('1')).toEqual({
    userId: '1',
    variables: { ...first, comment: '', tariff: 'ночь' },
    nasKey: '10.0.0.1',
    desired: { exists: 'true', accept: 'false', logged: 'true', 'service:7': 'off' },
    version: 3,
    goneAt: 0,
    updatedAt: 7,
  });
});

test('what is told only of a new account is told once: it changes no row that is there', async () => {
  const store = await open();
  const known = { user_id: '1', login: 'алиса', ip: '10.1.0.1', nas_id: 'узел-4', comment: 'x' };
  await store.write([event(tell({ variables: { comment: 'x' }, variablesIfNew: known }))]);
  expect(await store.record('1')).toMatchObject({ variables: known, nasKey: 'id:узел-4', version: 1 });
  const moved = { ...known, login: 'боб', nas_ip: '10.0.0.2' };
  await store.write([event(tell({ variables: { comment: 'y' }, variablesIfNew: moved, at: 6 }))]);
  const merged = { variables: { ...known, comment: 'y' }, nasKey: 'id:узел-4', version: 2, updatedAt: 6 };
  expect(await store.record('1')).toMatchObject(merged);
  expect(await store.accountByLogin('алиса')).toMatchObject({ user_id: '1' });
  expect(await store.accountByLogin('боб')).toBeUndefined();
});

test('an event that knows nothing new of an account makes no row of it', async () => {
  const store = await open();
  await store.write([event(tell({ variables: null, settled: { logged: 'true' } }))]);
  expect(await store.record('1')).toBeUndefined();
});

test.for([
  { told: { nas_ip: '10.0.0.2' }, key: '10.0.0.2' },
  { told: { nas_ip: '2001:DB8::0:1' }, key: '2001:db8::1' },
  { told: { nas_ip: '', nas_id: '9' }, key: 'id:9' },
  { told: { nas_ip: '' }, key: 'id:4' },
  { told: { nas_id: '9' }, key: '10.0.0.1' },
  { told: { login: 'б', ip: '10.1.0.9' }, key: '10.0.0.1' },
])('told $told, an account is at the box $key, and found by what is new', async ({ told, key }) => {
  const store = await open();
  const before = { user_id: '1', login: 'а', ip: '10.1.0.1', nas_ip: '10.0.0.1', nas_id: '4' };
  await store.write([event(tell({ variables: before }))]);
  await store.write([event(tell({ variables: told }))]);
  const after: Account = { ...before, ...told };
  expect((await store.recordPage({ nasKeys: [key], limit: 5 })).map(({ variables }) => variables)).toEqual([after]);
  expect(await store.accountByLogin(after['login'] ?? '')).toEqual(after);
  expect(await store.recordPage({ ip: after['ip'] ?? '', limit: 5 })).toHaveLength(1);
  if (after['login'] !== 'а') expect(await store.accountByLogin('а')).toBeUndefined();
});

test('an account is gone from when it first was, until it is there again', async () => {
  const store = await open();
  const goneAt = async (settled: State, at: number) => {
    await store.write([event(tell({ variables: null, settled, at }))]);
    return (await store.record('1'))?.goneAt;
  };
  await store.write([event(tell({ variables: { login: 'a' }, settled: { exists: 'false' }, at: 10 }))]);
  expect(await goneAt({ exists: 'false' }, 20)).toBe(10);
  expect(await goneAt({ accept: 'false' }, 30)).toBe(10);
  expect(await goneAt({ exists: 'true' }, 40)).toBe(0);
  expect(await goneAt({ exists: 'false' }, 50)).toBe(50);
});

test('a login that went on to another account is that of the one who is there', async () => {
  const store = await open();
  await store.write([event(tell({ variables: { user_id: '1', login: 'a' }, at: 10 }))]);
  await store.write([event(tell({ userId: '2', variables: { user_id: '2', login: 'a' }, at: 20 }))]);
  await store.write([event(tell({ userId: '2', variables: null, settled: { exists: 'false' }, at: 30 }))]);
  expect(await store.accountByLogin('a')).toMatchObject({ user_id: '1' });
  expect((await store.recordPage({ login: 'a', limit: 5 })).map(({ userId }) => userId)).toEqual(['1', '2']);
});

test.for([
  { guarded: 'tell', write: (ifVersion: number) => tell({ variables: { login: 'new' }, ifVersion }) },
  {
    guarded: 'tell nothing new',
    write: (ifVersion: number) => tell({ variables: null, settled: { a: 'b' }, ifVersion }),
  },
  {
    guarded: 'replace',
    write: (ifVersion: number): AccountWrite => ({ type: 'replace', record: record(), ifVersion }),
  },
])('a $guarded for another version is a conflict, and neither event nor job is kept', async ({ write }) => {
  const store = await open();
  await store.write([event(tell({ variables: { login: 'old' } }))]);
  const before = await store.record('1');
  for (const version of [2, 7]) {
    const asked = event(write(version), 'asked');
    const other = event(tell({ userId: '2', variables: {} }), `beside ${version}`);
    const { conflicts, duplicates } = await store.write([asked, other]);
    expect([[...conflicts], [...duplicates]]).toEqual([['1'], []]);
    expect(await store.event('asked')).toBeUndefined();
    expect(await store.jobsOfEvent('asked')).toEqual([]);
    expect(await store.event(`beside ${version}`)).toBeDefined();
    expect(await store.record('1')).toEqual(before);
  }
  const { conflicts } = await store.write([event(write(1), 'asked')]);
  expect(conflicts.size).toBe(0);
  expect(await store.jobsOfEvent('asked')).toHaveLength(1);
  expect((await store.record('1'))?.version).toBe(2);
});

test('what only asks for a version changes none: two resyncs of one account do not overtake each other', async () => {
  const store = await open();
  await store.write([event(tell({ variables: { login: 'a' }, settled: { accept: 'true' } }))]);
  const before = await store.record('1');
  const guard = tell({ variables: null, ifVersion: 1, at: 9 });
  const { conflicts } = await store.write([event(guard, 'resync:a:1'), event(guard, 'resync:b:1')]);
  expect(conflicts.size).toBe(0);
  expect(await store.record('1')).toEqual(before);
  expect((await store.write([event({ ...guard, ifVersion: 2 }, 'resync:c:1')])).conflicts).toEqual(new Set(['1']));
  expect(await store.event('resync:c:1')).toBeUndefined();
});

test('an account is found by its address however the billing and who asks spell it', async () => {
  const store = await open();
  const told = record({ variables: { user_id: '1', ip: '2001:DB8:0::1', nas_ip: '10.0.0.1' } });
  const variables = { user_id: '2', ip: '::FFFF:10.1.0.9', nas_ip: '10.0.0.1' };
  await store.write([
    { type: 'account', account: { type: 'replace', record: told, ifVersion: 0 } },
    event(tell({ userId: '2', variables })),
  ]);
  const idAt = async (ip: string) => (await store.recordPage({ ip, limit: 9 })).map(({ userId }) => userId);
  expect(await idAt('2001:db8::1')).toEqual(['1']);
  expect(await idAt('2001:0DB8::0001')).toEqual(['1']);
  expect(await idAt('10.1.0.9')).toEqual(['2']);
  expect(await store.accountsByAddress('2001:db8::1')).toEqual([told.variables]);
  await store.write([event(tell({ userId: '2', variables: { ip: '2001:db8:0:0::2' } }))]);
  expect(await idAt('2001:DB8::2')).toEqual(['2']);
  expect(await store.record('2')).toMatchObject({ variables: { ip: '2001:db8:0:0::2' } });
});

test('an event that was there already is a duplicate, whatever version its account has now', async () => {
  const store = await open();
  await store.write([event({ type: 'replace', record: record(), ifVersion: 0 }, 'put')]);
  const { conflicts, duplicates } = await store.write([
    event({ type: 'replace', record: record(), ifVersion: 0 }, 'put'),
  ]);
  expect([[...conflicts], [...duplicates]]).toEqual([[], ['put']]);
});

test('accounts are made and replaced whole without an event, only where nobody else changed them', async () => {
  const store = await open();
  const made = record({ desired: { rate: '{"rate_in":"1"}' } });
  const account = (more: Partial<AccountRecord>, ifVersion: number): Change => ({
    type: 'account',
    account: { type: 'replace', record: { ...made, ...more }, ifVersion },
  });
  expect((await store.write([account({}, 0)])).conflicts.size).toBe(0);
  expect([...(await store.write([account({ desired: {} }, 0)])).conflicts]).toEqual(['1']);
  expect(await store.record('1')).toEqual({ ...made, version: 1 });
  const moved = { variables: { user_id: '1', nas_id: '7' }, nasKey: 'id:7', goneAt: 3, updatedAt: 9 };
  await store.write([account(moved, 1)]);
  expect(await store.record('1')).toEqual({ ...made, ...moved, version: 2 });
  expect(await store.accountByLogin('алиса')).toBeUndefined();
});

test('marks are kept by box: one that was done replaces what failed, one that failed keeps what was done', async () => {
  const store = await open();
  const apply = (marks: Extract<Change, { type: 'applied' }>['marks'], all?: true) =>
    store.write([{ type: 'applied', userId: '1', nasKey: 'k', marks, ...(all && { all }) }]);
  const failed = { state: 'refused', reason: 'нет «места»', job: '3', at: 3 };
  await apply({ exists: { value: 'true', job: '1', at: 1 }, rate: { value: '{}', job: '2', at: 2 } });
  await apply({ rate: { failed } });
  expect((await store.applied('1')).get('k')).toEqual({
    exists: { value: 'true', job: '1', at: 1 },
    rate: { value: '{}', job: '2', at: 2, failed },
  });
  await apply({ rate: { value: 'none', job: '4', at: 4 } });
  expect((await store.applied('1')).get('k')?.['rate']).toEqual({ value: 'none', job: '4', at: 4 });
  await apply({ exists: { value: 'false', job: '5', at: 5 } }, true);
  expect(await store.applied('1')).toEqual(new Map([['k', { exists: { value: 'false', job: '5', at: 5 } }]]));
});

test('accounts come page by page in the order of user_id, with what was made of them on their own box', async () => {
  const store = await open();
  const ids = ['1', '10', '2', 'ж', '😀', '\uffff'];
  const boxes = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  for (const [index, userId] of ids.entries())
    await store.write([event(tell({ userId, variables: { user_id: userId, nas_ip: boxes[index % 2] ?? '' } }))]);
  const marks = { exists: { value: 'true', job: '1', at: 1 } };
  await store.write([
    { type: 'applied', userId: '1', nasKey: '10.0.0.1', marks },
    { type: 'applied', userId: '10', nasKey: '10.0.0.9', marks },
  ]);
  const all = async (nasKeys?: readonly string[]) => {
    const found: [string, boolean][] = [];
    for (let after = ''; ; ) {
      const page = await store.recordPage({ ...(nasKeys && { nasKeys }), after, limit: 2 });
      found.push(...page.map(({ userId, applied }): [string, boolean] => [userId, 'exists' in applied]));
      const last = page.at(-1);
      if (last === undefined) return found;
      after = last.userId;
    }
  };
  // By the bytes of UTF-8, not as JavaScript compares: there the emoji comes before U+FFFF.
  const inOrder = ['1', '10', '2', 'ж', '\uffff', '😀'];
  expect(await all()).toEqual(inOrder.map((id) => [id, id === '1']));
  expect(await all(boxes)).toEqual(inOrder.map((id) => [id, id === '1']));
  expect((await all(['10.0.0.2'])).map(([id]) => id)).toEqual(['10', 'ж', '\uffff']);
  expect([...(await store.records(['ж', 'none', '1'])).keys()].sort()).toEqual(['1', 'ж']);
});

test('a job that was edited keeps its own variables, and is found by its new login', async () => {
  const store = await open();
  const made = storedJob(1, { background: true });
  const body = { id: made.eventId, hook: made.hook, account: made.account, occurredAt: '', source: 'http' };
  await store.write([{ type: 'event', event: body, jobs: [made] }]);
  const account = { ...made.account, login: 'новый', ip: '10.9.9.9' };
  await store.write([{ type: 'job', id: '1', patch: { account, state: 'waiting', updatedAt: 8 } }]);
  expect(await store.jobs({ login: 'новый', background: true, lane: made.lane, updatedBefore: 9, limit: 5 })).toEqual([
    { ...made, account, updatedAt: 8 },
  ]);
  expect(await store.jobs({ code: 'nas_refused', limit: 5 })).toEqual([]);
  expect(await store.jobs({ states: ['waiting'], after: '1', limit: 5 })).toEqual([]);
});

test('accounts that were there before have the key of their box, and nothing that was of one event only', async () => {
  const directory = tempDir();
  const migrations = new URL('../../../core/store/sqlite/migrations/', import.meta.url);
  const database = new DatabaseSync(`${directory}/ossia.db`);
  for (const name of ['0001.sql', '0002.sql', '0003.sql'])
    database.exec(readFileSync(new URL(name, migrations), 'utf8'));
  database.exec('PRAGMA user_version = 3');
  const insert = database.prepare('INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?)');
  insert.run('1', 'а', '2001:DB8::0:5', '', JSON.stringify({ user_id: '1', usluga_id: '7', acct_session_id: 'x' }), 3);
  insert.run('2', 'б', '', '', JSON.stringify({ user_id: '2', nas_id: 'узел-4' }), 4);
  database.close();
  const store = await open(directory);
  expect(await store.record('1')).toMatchObject({
    nasKey: '2001:db8::5',
    variables: { user_id: '1' },
    desired: {},
    version: 1,
  });
  expect((await store.record('1'))?.variables).toEqual({ user_id: '1' });
  expect(await store.record('2')).toMatchObject({ nasKey: 'id:узел-4', goneAt: 0, updatedAt: 4 });
});
