// Reconcile: what a box's list closes, adopts and leaves alone, with a book in memory and a box that lists what the test says.
import { expect, test } from 'vitest';
import type { Session } from '#core/model/session.ts';
import type { Nas, SessionListing } from '#core/plugin-host/nas.ts';
import type { ListedSession } from '#core/sessions/book.ts';
import { createReconciler, type ReconcileReport } from '#core/sessions/reconcile.ts';
import { memoryBook } from '#test/support/memory-book.ts';
import { scriptedDirectory } from '#test/support/scripted-nas.ts';

const minute = 60_000;

function scene() {
  let now = Date.UTC(2026, 10, 21, 20);
  const book = memoryBook({ now: () => now });
  const directory = scriptedDirectory();
  directory.add('bras-1', '10.0.0.1', async () => ({ type: 'done' }));
  const nas = directory.get('bras-1') as Nas & { listSessions: Nas['listSessions'] };
  const reports: ReconcileReport[] = [];
  const lines: string[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const reconciler = createReconciler({
    boxes: directory,
    book,
    log: { info: note('info'), warn: note('warn') },
    onReport: (report) => reports.push(report),
    now: () => now,
  });
  const world = {
    book,
    reports,
    lines,
    directory,
    reconciler,
    answer(listing: () => SessionListing | Promise<SessionListing>) {
      Object.assign(nas, { listSessions: async () => listing() });
    },
    list(...ids: readonly (string | ListedSession)[]) {
      world.answer(() => ({ type: 'listed', sessions: ids.map((id) => (typeof id === 'string' ? row(id) : id)) }));
    },
    later: (ms: number) => (now += ms),
    now: () => now,
    sync: (more: { readonly anyShare?: boolean; readonly dryRun?: boolean } = {}) =>
      reconciler.sync({ nas: 'bras-1', signal: new AbortController().signal, ...more }),
    known(count: number, more: Partial<Session> = {}) {
      return Array.from({ length: count }, (_, index) => book.put({ acctSessionId: `s${index}`, ...more }));
    },
  };
  return world;
}

function row(acctSessionId: string, more: Partial<ListedSession> = {}): ListedSession {
  return { acctSessionId, userName: `user ${acctSessionId}`, framedIp: '', callingStationId: '', uptime: 60, ...more };
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

test('a session is closed when two listings in a row have not got it and its last update is older than grace', async () => {
  const { sync, known, list, later, book } = scene();
  known(10);
  list(...ids(9));
  expect(await sync()).toMatchObject({ result: 'done', live: 10, listed: 9, closed: 0, missing: 1 });
  later(6 * minute);
  expect(await sync()).toMatchObject({ result: 'done', closed: 1, missing: 0 });
  expect(book.live()).toEqual(ids(9));
  expect([...book.sessions.values()].at(-1)).toMatchObject({ acctSessionId: 's9', inferred: 'missing' });
});

test('a dry run counts what would be closed and adopted, and neither does it nor counts as a listing', async () => {
  const { sync, known, list, later, book, reports } = scene();
  known(10);
  list(...ids(9), 'new');
  const before = structuredClone([...book.sessions]);
  expect(await sync({ dryRun: true })).toMatchObject({ closed: 0, adopted: 1, missing: 1 });
  later(6 * minute);
  expect(await sync({ dryRun: true })).toMatchObject({ closed: 0, adopted: 1, missing: 1 });
  expect([[...book.sessions], reports]).toEqual([before, []]);
  await sync();
  later(6 * minute);
  expect(await sync({ dryRun: true })).toMatchObject({ closed: 1, missing: 0 });
  expect(book.live()).toContain('s9');
  expect(await sync()).toMatchObject({ closed: 1 });
});

test('a session is kept when two listings come faster than grace', async () => {
  const { sync, known, list, later, book } = scene();
  known(10);
  list(...ids(9));
  for (let run = 0; run < 4; run++) {
    expect(await sync()).toMatchObject({ closed: 0, missing: 1 });
    later(minute);
  }
  expect(book.live()).toHaveLength(10);
});

test('a session that is listed in between must be missing twice again', async () => {
  const { sync, known, list, later } = scene();
  known(10);
  later(60 * minute);
  list(...ids(9));
  await sync();
  list(...ids(10));
  expect(await sync()).toMatchObject({ missing: 0 });
  later(60 * minute);
  list(...ids(9));
  expect(await sync()).toMatchObject({ closed: 0, missing: 1 });
});

test.each([
  [{ type: 'unreachable', reason: 'no answer' }, 'unreachable'],
  [{ type: 'unsupported', reason: 'cannot' }, 'unsupported'],
  [{ type: 'failed', reason: 'refused' }, 'failed'],
] as const)('a box that answers %j closes nobody and says so', async (listing, result) => {
  const { sync, known, list, later, book, answer, lines } = scene();
  known(10);
  later(60 * minute);
  list(...ids(9));
  await sync();
  answer(() => listing);
  expect(await sync()).toMatchObject({ result, reason: listing.reason, live: 10, closed: 0 });
  expect(book.live()).toHaveLength(10);
  expect(lines.at(-1)).toContain(listing.reason);
});

test('an empty list where there were many closes nobody, however often it comes', async () => {
  const { sync, known, list, later, book, reports } = scene();
  known(50);
  list();
  for (let run = 0; run < 3; run++) {
    later(60 * minute);
    await sync();
  }
  expect(reports.map(({ result }) => result)).toEqual(['done', 'stopped', 'stopped']);
  expect(reports.at(-1)?.reason).toContain('50 of 50');
  expect(book.live()).toHaveLength(50);
});

test('a share above the cap stops the run, the same share by hand is closed when it is said so', async () => {
  const { sync, known, list, later, book } = scene();
  known(10);
  later(60 * minute);
  list(...ids(7));
  await sync();
  expect(await sync()).toMatchObject({ result: 'stopped', closed: 0, missing: 3 });
  expect(await sync({ anyShare: true })).toMatchObject({ result: 'done', closed: 3, missing: 0 });
  expect(book.live()).toEqual(ids(7));
});

test('a share up to the cap is closed', async () => {
  const { sync, known, list, later } = scene();
  known(10);
  later(60 * minute);
  list(...ids(8));
  await sync();
  expect(await sync()).toMatchObject({ result: 'done', closed: 2 });
});

test('an unknown session is adopted once', async () => {
  const { sync, list, book, later } = scene();
  list('new');
  expect(await sync()).toMatchObject({ adopted: 1 });
  later(minute);
  expect(await sync()).toMatchObject({ adopted: 0, live: 1 });
  expect([...book.sessions.values()]).toMatchObject([
    { acctSessionId: 'new', updatedAt: book.sessions.values().next().value?.updatedAt },
  ]);
  expect(book.sessions.size).toBe(1);
});

test('a session that starts while the box is listing survives, also with a clock of the box that is behind', async () => {
  const { sync, known, answer, later, book, now } = scene();
  known(10);
  later(60 * minute);
  answer(() => {
    book.put({ acctSessionId: 'during', startedAt: now() - 30 * minute, updatedAt: now() - 30 * minute });
    return { type: 'listed', sessions: ids(10).map((id) => row(id)) };
  });
  expect(await sync()).toMatchObject({ missing: 0, closed: 0 });
  expect(book.live()).toContain('during');
});

test('a session that is updated while the box is listing survives', async () => {
  const { sync, known, list, answer, later, book, now } = scene();
  const sessions = known(10);
  later(60 * minute);
  list(...ids(9));
  await sync();
  answer(() => {
    const last = sessions[9] as Session;
    book.sessions.set(last.id, { ...last, updatedAt: now() });
    return { type: 'listed', sessions: ids(9).map((id) => row(id)) };
  });
  expect(await sync()).toMatchObject({ closed: 0, missing: 1 });
  expect(book.live()).toHaveLength(10);
});

test('a session that stops while the box is listing is not adopted again', async () => {
  const { sync, known, answer, book, now } = scene();
  const [only] = known(1);
  answer(() => {
    book.sessions.set(only?.id ?? '', { ...(only as Session), endedAt: now(), updatedAt: now() });
    return { type: 'listed', sessions: [row('s0')] };
  });
  expect(await sync()).toMatchObject({ adopted: 0 });
  expect(book.live()).toEqual([]);
  expect(book.sessions.size).toBe(1);
});

test('a session that was closed as stale comes back when its box lists it', async () => {
  const { sync, list, book, now, later } = scene();
  book.put({ acctSessionId: 's0', endedAt: now(), inferred: 'stale' });
  later(minute);
  list('s0');
  expect(await sync()).toMatchObject({ adopted: 1 });
  expect(book.live()).toEqual(['s0']);
});

test('an id is recognised in another case and with leading zeros, but not with another user', async () => {
  const { sync, list, book } = scene();
  book.put({ acctSessionId: '0081A0000F', userName: 'алиса' });
  book.put({ acctSessionId: '7', userName: 'bob' });
  list(row('81a0000f', { userName: 'алиса' }), row('7', { userName: 'eve' }));
  expect(await sync()).toMatchObject({ missing: 1, adopted: 0 });
});

test('a row without an id is recognised by user, address and station, and never adopted', async () => {
  const { sync, list, book } = scene();
  book.put({ acctSessionId: '1', userName: 'alice', framedIp: '10.1.1.1', callingStationId: 'AA-BB-CC-00-00-01' });
  book.put({ acctSessionId: '2', userName: 'alice', framedIp: '10.1.1.2' });
  list(
    row('', { userName: 'alice', framedIp: '10.1.1.1', callingStationId: 'aa:bb:cc:00:00:01' }),
    row('', { userName: 'alice', framedIp: '10.1.1.3' }),
  );
  expect(await sync()).toMatchObject({ missing: 1, adopted: 0, unidentified: 1 });
  expect(book.sessions.size).toBe(2);
});

test('a row with neither id nor name is recognised by its address alone, or its station, and never adopted', async () => {
  const { sync, list, later, book } = scene();
  book.put({ acctSessionId: 'a', userName: 'алиса', framedIp: '10.1.2.3' });
  book.put({ acctSessionId: 'b', userName: '', callingStationId: '02-00-00-00-00-0B' });
  book.put({ acctSessionId: 'c', userName: 'bob', framedIp: '10.1.2.5' });
  // Any of these addresses could be his.
  book.put({ acctSessionId: 'd', userName: 'dan', framedIp: '' });
  const nameless = { userName: '', uptime: 0 };
  list(
    row('', { ...nameless, framedIp: '10.1.2.3' }),
    row('', { ...nameless, callingStationId: '02:00:00:00:00:0b' }),
    // One that says nothing is nobody's, and the address of a stranger neither.
    row('', nameless),
    row('', { ...nameless, framedIp: '10.1.2.6' }),
  );
  expect(await sync()).toMatchObject({ listed: 4, adopted: 0, missing: 1, unidentified: 2 });
  later(60 * minute);
  expect(await sync()).toMatchObject({ closed: 1 });
  expect(book.live()).toEqual(['a', 'b', 'd']);
});

test('two runs of one box never overlap: who asks meanwhile gets the same report', async () => {
  const { sync, known, answer, reports } = scene();
  known(1);
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  answer(async () => {
    asked += 1;
    await promise;
    return { type: 'listed', sessions: [row('s0')] };
  });
  const both = [sync(), sync()];
  resolve();
  const [first, second] = await Promise.all(both);
  expect(first).toBe(second);
  expect(asked).toBe(1);
  expect(reports).toHaveLength(1);
});

test('more sessions than one page are all compared', async () => {
  const { sync, known, list, later } = scene();
  known(2_500);
  later(60 * minute);
  list(...ids(2_499));
  await sync();
  expect(await sync()).toMatchObject({ live: 2_500, closed: 1 });
});

test('a box without a profile is not found', async () => {
  const { reconciler } = scene();
  const request = { nas: 'nowhere', signal: new AbortController().signal };
  await expect(reconciler.sync(request)).rejects.toMatchObject({ code: 'not_found' });
});
