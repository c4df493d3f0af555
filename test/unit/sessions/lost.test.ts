// Sessions whose end nobody told: stale, replaced, begun again, adopted; and what a later packet makes of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import type { SessionChange } from '#core/ingest/ingest.ts';
import { createSessions, type SessionSettings, type Sessions } from '#core/sessions/sessions.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { accountingRecord, noon } from '#test/support/accounting-record.ts';
import { toldAccount } from '#test/support/told-account.ts';
import { until } from '#test/support/until.ts';

const minute = 60_000;
const start = accountingRecord({ port: 'vlan7', at: noon });
const interim = accountingRecord({
  status: 'interim',
  port: 'vlan7',
  at: noon + minute,
  sessionTime: 60,
  inputOctets: 1000,
  outputOctets: 9_000_000_000,
});

let directory: string;
let store: Store;
let told: SessionChange[];
let time: number;
let sessions: Sessions;
let seen: string[];
let rebooted: string[];
let refuses: boolean;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  directory = await mkdtemp(join(tmpdir(), 'ossia-lost-'));
  store = await openStore({ directory });
  const account = { user_id: '1001', login: 'Иванов', nas_ip: '10.0.0.1', tariff: 'Домашний-100', street: 'Садовая' };
  await store.write([toldAccount(account)]);
  time = noon;
  refuses = false;
  sessions = await open();
});

afterEach(async () => {
  sessions.close();
  vi.useRealTimers();
  await store.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(settings: Partial<SessionSettings> = {}, ttlOfNas?: number): Promise<Sessions> {
  told = [];
  seen = [];
  rebooted = [];
  const opened = await createSessions({
    store,
    ingest: {
      async submitSession(change) {
        if (refuses) throw new OssiaError('store_failed', 'disk full');
        told.push(change);
        return { type: 'accepted', event: change.id, jobs: [], duplicate: false };
      },
    },
    directory: {
      firing: () => ({ onStart: true, onStop: true }),
      nasOf: () => 'bras-1',
      ...(ttlOfNas === undefined ? {} : { sessionTtl: () => ttlOfNas }),
    },
    settings: { sessionTtl: 60 * minute, sessionTtlMaxDelay: 0, sessionIndexes: ['street'], ...settings },
    log: { warn: () => {} },
    now: () => time,
    onReboot: (nas) => rebooted.push(nas),
  });
  opened.book.onChange(({ type, session }) => seen.push(`${type} ${session.inferred || session.terminateCause}`));
  return opened;
}

async function pass(ms: number): Promise<void> {
  time += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

const live = async () => (await sessions.book.find({ conditions: [], limit: 10 })).sessions;
const closed = async () => (await sessions.book.find({ conditions: [], state: 'closed', limit: 10 })).sessions;
const hooks = () => told.map(({ hook }) => hook);
/** Real time passes: what is awaited is on its way to the disk. */
const reached = (condition: () => boolean) => {
  vi.useRealTimers();
  return until(condition);
};

test('a session of which nothing is heard ends at its last update with its last counters, and says that we concluded it', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await pass(61 * minute);
  await reached(() => seen.includes('stopped stale'));

  expect(await live()).toEqual([]);
  expect(await closed()).toMatchObject([
    { inferred: 'stale', endedAt: interim.at, updatedAt: interim.at, inputOctets: 1000, outputOctets: 9_000_000_000 },
  ]);
  expect(hooks()).toEqual(['user_auth', 'user_disconnect']);
});

test('an update in time keeps a session', async () => {
  await sessions.sink(start);
  await pass(50 * minute);
  await sessions.sink({ ...interim, at: noon + 50 * minute });
  await pass(50 * minute);

  expect(await live()).toHaveLength(1);
});

test('a packet after that makes it live again, tells so once, and its Stop leaves one closed session', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await pass(61 * minute);
  await reached(() => seen.includes('stopped stale'));

  await sessions.sink(interim);
  expect(await live()).toEqual([]);
  const later = { ...interim, at: noon + 70 * minute, sessionTime: 4200, inputOctets: 5000 };
  await sessions.sink(later);
  expect(await live()).toMatchObject([{ inferred: '', endedAt: 0, inputOctets: 5000, startedAt: noon }]);
  await sessions.sink({ ...later, status: 'stop', at: noon + 80 * minute, sessionTime: 4800, terminateCause: 2 });

  expect(await live()).toEqual([]);
  expect(await closed()).toMatchObject([{ inferred: '', terminateCause: 2, endedAt: noon + 80 * minute }]);
  expect(hooks()).toEqual(['user_auth', 'user_disconnect', 'user_auth', 'user_disconnect']);
  expect(new Set(told.map(({ id }) => id)).size).toBe(4);
  expect(seen).toEqual(['started 0', 'stopped stale', 'recovered 0', 'stopped 2']);
});

test('a true Stop after that says the true end and cause, and tells nobody again', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await pass(61 * minute);
  await reached(() => seen.includes('stopped stale'));

  await sessions.sink({ ...interim, status: 'stop', at: noon + 30 * minute, sessionTime: 1800, terminateCause: 2 });

  expect(await closed()).toMatchObject([{ inferred: '', terminateCause: 2, endedAt: noon + 30 * minute }]);
  expect(hooks()).toEqual(['user_auth', 'user_disconnect']);
});

test.each([
  { it: 'three intervals that its box promises', settings: {}, interval: 300, ofNas: undefined, ttl: 15 * minute },
  { it: 'what the settings say', settings: { sessionTtl: 7 * minute }, interval: 0, ofNas: undefined, ttl: 7 * minute },
  { it: 'what the profile says', settings: {}, interval: 0, ofNas: 2 * minute, ttl: 2 * minute },
  { it: 'never by the profile', settings: {}, interval: 300, ofNas: 0, ttl: Number.POSITIVE_INFINITY },
  {
    it: 'never by the settings',
    settings: { sessionTtl: 0 },
    interval: 0,
    ofNas: undefined,
    ttl: Number.POSITIVE_INFINITY,
  },
])('the time to live of a session is $it', async ({ settings, interval, ofNas, ttl }) => {
  sessions.close();
  sessions = await open(settings, ofNas);
  await sessions.sink({ ...start, interimInterval: interval });

  const [session] = await live();
  expect(session && sessions.ttlOf(session)).toBe(ttl);
});

test('after a restart each session has one interval to be heard of', async () => {
  await sessions.sink({ ...start, interimInterval: 300 });
  sessions.close();
  time = noon + 600 * minute;
  sessions = await open();

  await pass(4 * minute);
  expect(await live()).toHaveLength(1);
  await pass(2 * minute);
  await reached(() => seen.includes('stopped stale'));
  expect(await closed()).toMatchObject([{ endedAt: noon, inferred: 'stale' }]);
});

test('a Start of the same user on the same port ends the session that was there', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await sessions.sink({ ...start, acctSessionId: '81000002', at: noon + 10 * minute });

  expect(await live()).toMatchObject([{ acctSessionId: '81000002' }]);
  expect(await closed()).toMatchObject([{ acctSessionId: '81000001', inferred: 'replaced', endedAt: interim.at }]);
});

test.each([
  { it: 'on another port', change: { port: 'vlan8' }, settings: {} },
  {
    it: 'that its box says belongs together',
    change: { multiSessionId: 'm1' },
    settings: {},
    both: { multiSessionId: 'm1' },
  },
  { it: 'when the site does not want it', change: {}, settings: { replaceOnSamePort: false } },
  { it: 'of another box', change: { nas: 'bras-2' }, settings: {} },
])('a second session of one user goes beside the first $it', async ({ change, settings, both = {} }) => {
  sessions.close();
  sessions = await open(settings);
  await sessions.sink({ ...start, ...both });
  await sessions.sink({ ...start, acctSessionId: '81000002', at: noon + 10 * minute, ...change });

  expect(await live()).toHaveLength(2);
});

test('a session that could not be ended stays live, and the retransmission ends it', async () => {
  await sessions.sink(start);
  const next = { ...start, acctSessionId: '81000002', at: noon + 10 * minute };
  refuses = true;
  await expect(sessions.sink(next)).rejects.toMatchObject({ code: 'store_failed' });
  expect(await live()).toMatchObject([{ acctSessionId: '81000001' }]);

  refuses = false;
  await sessions.sink(next);

  expect(await live()).toMatchObject([{ acctSessionId: '81000002' }]);
  expect(await closed()).toMatchObject([{ acctSessionId: '81000001', inferred: 'replaced' }]);
  expect(hooks()).toEqual(['user_auth', 'user_disconnect', 'user_auth']);
});

test('an id that its box gives again while its Stop was lost is another session', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await sessions.sink({ ...start, at: noon + 30 * minute });

  expect(await live()).toMatchObject([{ startedAt: noon + 30 * minute, inputOctets: 0 }]);
  expect(await closed()).toMatchObject([{ startedAt: noon, inferred: 'replaced', inputOctets: 1000 }]);
});

test('a counter that begins again goes on from the sum, and what is late changes nothing', async () => {
  await sessions.sink(start);
  await sessions.sink(interim);
  await sessions.sink({ ...interim, at: noon + 2 * minute, sessionTime: 120, inputOctets: 50, outputOctets: 70 });
  await sessions.sink({
    ...interim,
    at: noon + 90_000,
    sessionTime: 90,
    inputOctets: 1200,
    outputOctets: 9_000_000_900,
  });
  await sessions.sink({ ...interim, at: noon + 3 * minute, sessionTime: 180, inputOctets: 80, outputOctets: 90 });

  expect(await live()).toMatchObject([{ inputOctets: 1080, outputOctets: 9_000_000_090 }]);
});

test('an update without a clock that lasts less long is late, not begun again', async () => {
  const bare = { ...interim, timestamped: false };
  await sessions.sink(start);
  await sessions.sink({ ...bare, at: noon + 2 * minute, sessionTime: 120, inputOctets: 2000 });
  await sessions.sink({ ...bare, at: noon + 3 * minute, sessionTime: 60, inputOctets: 1000 });

  expect(await live()).toMatchObject([{ inputOctets: 2000 }]);
});

test('a reboot ends what we must conclude, and asks for what the box has forgotten', async () => {
  await sessions.sink(start);
  await sessions.sink(accountingRecord({ status: 'on', at: noon + 30 * minute }));

  expect(await closed()).toMatchObject([{ inferred: 'reboot', terminateCause: 11 }]);
  expect(rebooted).toEqual(['bras-1']);
});

test('a session says the plan and the indexed variables of its account', async () => {
  await sessions.sink(start);

  const found = await sessions.book.find({
    conditions: [{ field: 'plan', op: 'eq', value: 'Домашний-100' }],
    limit: 5,
  });
  expect(found.sessions).toMatchObject([{ userId: '1001', fields: { street: 'Садовая' } }]);
  expect(await sessions.book.count({ conditions: [{ field: 'street', op: 'prefix', value: 'Сад' }] })).toBe(1);
});

test('a session that a box lists is adopted when it is not known, refreshed when it is, and revived when it was given up', async () => {
  const listed = {
    acctSessionId: '81000009',
    userName: 'Петров',
    framedIp: '10.1.2.9',
    callingStationId: '',
    uptime: 600,
  };
  expect(await sessions.book.adopt('bras-1', listed)).toMatchObject({ startedAt: noon - 600_000, endedAt: 0 });
  await sessions.sink(start);
  await sessions.sink(interim);
  time = noon + 5 * minute;

  const same = { acctSessionId: '', userName: 'Иванов', framedIp: '10.1.2.3', callingStationId: '', uptime: 299 };
  const refreshed = await sessions.book.adopt('bras-1', same);
  expect(refreshed).toMatchObject({ acctSessionId: '81000001', startedAt: noon, updatedAt: time, inputOctets: 1000 });
  await sessions.book.close(refreshed.id, { reason: 'missing', at: time });
  expect(await closed()).toMatchObject([{ inferred: 'missing', endedAt: time, inputOctets: 1000 }]);
  time += minute;
  await sessions.book.adopt('bras-1', { ...same, acctSessionId: '81000001' });

  expect((await live()).map(({ userName }) => userName)).toEqual(['Петров', 'Иванов']);
  expect(await closed()).toEqual([]);
});
