// The session stage over a real store: what is on disk when a record is done, and who is told once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import type { Receipt, SessionChange } from '#core/ingest/ingest.ts';
import { createSessions, type Sessions } from '#core/sessions/sessions.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { accountingRecord, noon } from '#test/support/accounting-record.ts';
import { toldAccount } from '#test/support/told-account.ts';

const minute = 60_000;
const start = accountingRecord();
const stop = accountingRecord({ status: 'stop', at: noon + 20 * minute, sessionTime: 1200, terminateCause: 1 });

let directory: string;
let store: Store;
let told: SessionChange[];
/** Taken from the front, one for each telling; accepted when there is none. */
let answers: (Receipt | OssiaError)[];
let firing: { onStart: boolean; onStop: boolean };
let warnings: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ossia-sessions-'));
  store = await openStore({ directory });
  told = [];
  answers = [];
  warnings = [];
  firing = { onStart: true, onStop: true };
});

afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

function stage(overrides: Partial<Pick<Store, 'write'>> & { maxClosed?: number } = {}): Promise<Sessions> {
  const { maxClosed = 1000, ...changed } = overrides;
  return createSessions({
    store: { ...store, ...changed },
    ingest: {
      async submitSession(change) {
        told.push(change);
        const answer = answers.shift() ?? { type: 'accepted', event: change.id, jobs: [], duplicate: false };
        if (answer instanceof OssiaError) throw answer;
        return answer;
      },
    },
    directory: { firing: () => firing, nasOf: (account) => (account['nas_ip'] === '10.0.0.1' ? 'bras-1' : undefined) },
    log: { warn: (_fields, message) => warnings.push(message) },
    now: () => noon - minute,
    maxClosed,
  });
}

async function know(account: Readonly<Record<string, string>>): Promise<void> {
  await store.write([toldAccount(account)]);
}

const ivanov = { user_id: '1001', login: 'Иванов', ip: '10.1.2.3', nas_ip: '10.0.0.1', name: 'Иван Иванов' };
const hooks = () => told.map(({ hook }) => hook);
const stored = async (record: AccountingRecord) => {
  // Brings the rows up to what is durable.
  await store.openSessions();
  return store.lastSession(`${record.nas}|${record.acctSessionId}|`);
};

test('a record is on disk when the sink resolves', async () => {
  const { sink } = await stage();

  await sink(start);
  expect(await stored(start)).toMatchObject({ userName: 'Иванов', startedAt: noon, endedAt: 0 });
  await sink(stop);
  expect(await stored(start)).toMatchObject({ endedAt: noon + 20 * minute, terminateCause: 1 });
});

test('a known account is told of, with its variables and the id of the session', async () => {
  await know(ivanov);
  const { sink } = await stage();

  await sink(start);
  await sink(stop);

  expect(told).toMatchObject([
    {
      hook: 'user_auth',
      account: { ...ivanov, acct_session_id: '81000001' },
      occurredAt: new Date(noon).toISOString(),
    },
    { hook: 'user_disconnect', account: { user_id: '1001' }, occurredAt: new Date(noon + 20 * minute).toISOString() },
  ]);
  expect(told[0]?.id).not.toBe(told[1]?.id);
  expect(await stored(start)).toMatchObject({ userId: '1001' });
});

test('an account is found by its address at this box when the name is not its login', async () => {
  await know({ ...ivanov, user_id: '7', nas_ip: '10.0.0.9' });
  await know({ ...ivanov, login: 'other' });
  const { sink } = await stage();

  await sink({ ...start, userName: 'AA:BB:CC:00:00:01' });

  expect(told).toMatchObject([{ account: { user_id: '1001' } }]);
});

test('an account that is not known is not told of', async () => {
  const { sink } = await stage();

  await sink(start);
  await sink(stop);

  expect(told).toEqual([]);
});

test.each([
  { firing: { onStart: false, onStop: true }, tells: ['user_disconnect'] },
  { firing: { onStart: true, onStop: false }, tells: ['user_auth'] },
  { firing: { onStart: false, onStop: false }, tells: [] },
])('a profile with $firing tells $tells', async ({ firing: switches, tells }) => {
  firing = switches;
  await know(ivanov);
  const { sink } = await stage();

  await sink(start);
  await sink(stop);

  expect(hooks()).toEqual(tells);
});

test('copies of Start and Stop tell once', async () => {
  await know(ivanov);
  const { sink } = await stage();

  await Promise.all([sink(start), sink(start)]);
  await Promise.all([sink(stop), sink(stop), sink(start)]);

  expect(hooks()).toEqual(['user_auth', 'user_disconnect']);
});

test('of several sessions of one account only the end of the last logs it off', async () => {
  await know(ivanov);
  const { sink } = await stage();
  const second = { acctSessionId: '81000002' };

  await sink(start);
  await sink({ ...start, ...second });
  await sink(stop);
  expect(hooks()).toEqual(['user_auth', 'user_auth']);
  await sink({ ...stop, ...second });
  expect(hooks()).toEqual(['user_auth', 'user_auth', 'user_disconnect']);
});

test('a Stop and the Start of the next session are told in their order', async () => {
  await know(ivanov);
  const { sink } = await stage();
  await sink(start);

  await Promise.all([sink(stop), sink({ ...start, acctSessionId: '81000002', at: noon + 21 * minute })]);

  expect(hooks()).toEqual(['user_auth', 'user_disconnect', 'user_auth']);
});

test('a record fails when it cannot be told, and its retransmission tells under the same id', async () => {
  await know(ivanov);
  answers = [new OssiaError('store_failed', 'disk full')];
  const { sink } = await stage();

  await expect(sink(start)).rejects.toMatchObject({ code: 'store_failed' });
  expect(await stored(start)).toBeUndefined();
  await sink(start);

  expect(told.map(({ id }) => id)).toEqual([told[0]?.id, told[0]?.id]);
  expect(await stored(start)).toMatchObject({ endedAt: 0 });
});

test('an event that is refused does not hold the packet up', async () => {
  await know(ivanov);
  answers = [{ type: 'rejected', fields: [{ where: '/account/ip', problem: 'missing' }] }];
  const { sink } = await stage();

  await sink(start);

  expect(warnings).toEqual(['session event refused']);
  expect(await stored(start)).toMatchObject({ endedAt: 0 });
});

test('a record fails when it cannot be written, and its retransmission writes it', async () => {
  let broken = true;
  const { sink } = await stage({
    write: (changes) => (broken ? Promise.reject(new OssiaError('store_failed', 'disk full')) : store.write(changes)),
  });

  await expect(sink(start)).rejects.toMatchObject({ code: 'store_failed' });
  broken = false;
  await sink(start);

  expect(await stored(start)).toMatchObject({ endedAt: 0 });
});

test('a copy that comes while the first is being written waits for the same commit', async () => {
  const commit = Promise.withResolvers<void>();
  const { sink } = await stage({ write: (changes) => commit.promise.then(() => store.write(changes)) });
  let done = 0;

  const both = [start, { ...start }].map((record) => sink(record).then(() => done++));
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(done).toBe(0);
  commit.resolve();
  await Promise.all(both);

  expect(await stored(start)).toBeDefined();
});

test('Accounting-On ends the live sessions of its box that began before it, and logs off once', async () => {
  await know(ivanov);
  const { sink } = await stage();
  const on = accountingRecord({ status: 'on', at: noon + 30 * minute, acctSessionId: '', userName: '' });
  const elsewhere = { ...start, nas: 'bras-2', userName: 'other', framedIp: '' };
  const after = { ...start, at: noon + 31 * minute, acctSessionId: '81000009', userName: 'third', framedIp: '' };
  for (const record of [start, { ...start, acctSessionId: '81000002' }, elsewhere, after]) await sink(record);

  await Promise.all([sink(on), sink(on)]);
  await sink(on);

  expect(await stored(start)).toMatchObject({ endedAt: noon + 30 * minute, terminateCause: 11 });
  expect(await stored({ ...start, acctSessionId: '81000002' })).toMatchObject({ terminateCause: 11 });
  expect(await stored(elsewhere)).toMatchObject({ endedAt: 0 });
  expect(await stored(after)).toMatchObject({ endedAt: 0 });
  expect(hooks()).toEqual(['user_auth', 'user_auth', 'user_disconnect']);
});

test('Accounting-On that could not be written is finished by its retransmission', async () => {
  await know(ivanov);
  const { sink } = await stage();
  const on = accountingRecord({ status: 'on', at: noon + 30 * minute });
  await sink(start);
  answers = [new OssiaError('overloaded', 'too much')];

  await expect(sink(on)).rejects.toMatchObject({ code: 'overloaded' });
  expect(await stored(start)).toMatchObject({ endedAt: 0 });
  await sink(on);

  expect(await stored(start)).toMatchObject({ terminateCause: 11 });
  expect(told[1]?.id).toBe(told[2]?.id);
});

test('live sessions go on after a restart, and a late Start does not revive what ended before it', async () => {
  await know(ivanov);
  const first = await stage();
  await first.sink(start);
  await first.sink({ ...start, acctSessionId: '81000002', at: noon - 10 * minute });
  await first.sink({ ...stop, acctSessionId: '81000002' });
  told = [];

  const { sink, counts } = await stage();
  expect(counts()).toEqual({ live: 1, closed: 0 });
  await sink({ ...start, acctSessionId: '81000002', at: noon - 10 * minute });
  expect(told).toEqual([]);
  await sink(stop);

  expect(hooks()).toEqual(['user_disconnect']);
  expect(await stored({ ...start, acctSessionId: '81000002' })).toMatchObject({ endedAt: noon + 20 * minute });
});

test('a late Start finds its closed session in the store when memory has let it go', async () => {
  const { sink, counts } = await stage({ maxClosed: 1 });
  for (const acctSessionId of ['1', '2', '3']) {
    await sink({ ...start, acctSessionId });
    await sink({ ...stop, acctSessionId });
  }
  expect(counts()).toEqual({ live: 0, closed: 1 });

  await sink({ ...start, acctSessionId: '1' });

  expect(counts().live).toBe(0);
  expect(await store.openSessions()).toEqual([]);
});

test('an id that a box gives again keeps both sessions in the store', async () => {
  const { sink } = await stage();
  await sink(start);
  await sink(stop);
  const again = { ...start, at: noon + 60 * minute };

  await sink(again);

  expect(await store.session(`bras-1|81000001|Иванов|${noon / 1000}`)).toMatchObject({ endedAt: noon + 20 * minute });
  expect(await store.session(`bras-1|81000001|Иванов|${again.at / 1000}`)).toMatchObject({ endedAt: 0 });
});
