// What the support desk says of a subscriber: presence, last cause, counts, time online, in the days of a named time zone.
import { expect, test } from 'vitest';
import type { Session } from '#core/model/session.ts';
import { analyse } from '#core/sessions/analysis.ts';
import { isoIn, isTimeZone, startOfDay } from '#core/sessions/analysis-days.ts';
import { causeOf, knownCauses } from '#core/sessions/causes.ts';
import { sessionBook } from '#test/support/session-book.ts';

const timezone = 'Africa/Johannesburg';
/** 2026-11-21 15:00 in Johannesburg. */
const now = Date.parse('2026-11-21T15:00:00+02:00');
const at = (text: string): number => Date.parse(`2026-11-${text}:00+02:00`);

const { put } = sessionBook();
const session = (from: string, to: string | null, more: Partial<Session> = {}): Session => {
  const endedAt = to === null ? 0 : at(to);
  return put({ startedAt: at(from), endedAt, updatedAt: endedAt || now - 60_000, terminateCause: 2, ...more });
};
const look = (...sessions: readonly Session[]) =>
  analyse({ sessions, now, timezone, ttlOf: ({ interimInterval }) => interimInterval * 3_000 });

test('a live session that began before midnight is online since then, with its time clipped to the day', () => {
  const { state, since, today, week } = look(session('20T22:00', null));
  expect({ state, since }).toEqual({ state: 'online', since: at('20T22:00') });
  expect(today.online).toBe(15 * 3_600_000);
  expect(week.online).toBe(17 * 3_600_000);
});

test('a later record that ended does not hide another session that is live', () => {
  const { state, live, lastEnd } = look(session('21T08:00', null), session('21T12:00', '21T13:00'));
  expect(state).toBe('online');
  expect(live).toHaveLength(1);
  expect(lastEnd).toMatchObject({ at: at('21T13:00'), cause: { name: 'Lost-Carrier', side: 'line' } });
});

test('a live session without updates for longer than its time to live is unknown, and its time ends with its last update', () => {
  const stale = session('21T08:00', null, { updatedAt: at('21T10:00'), interimInterval: 300 });
  const { state, since, today, live } = look(stale);
  expect({ state, since }).toEqual({ state: 'unknown', since: at('21T10:00') });
  expect(today.online).toBe(2 * 3_600_000);
  expect(live).toMatchObject([{ stale: true, age: 5 * 3_600_000 }]);
});

test('a session that was given up unseen is unknown for a day, and offline when it was longer ago or another one ended since', () => {
  const givenUp = (to: string) => session('19T08:00', to, { terminateCause: 0, inferred: 'stale' });
  expect(look(givenUp('21T10:00'))).toMatchObject({ state: 'unknown', since: at('21T10:00') });
  expect(look(givenUp('20T10:00'))).toMatchObject({ state: 'offline', since: at('20T10:00') });
  expect(look(givenUp('21T10:00'), session('21T11:00', '21T12:00'))).toMatchObject({
    state: 'offline',
    since: at('21T12:00'),
  });
  expect(look(givenUp('21T10:00'), session('21T11:00', null))).toMatchObject({
    state: 'online',
    since: at('21T11:00'),
  });
});

test('one fresh session beside a stale one is online', () => {
  const stale = session('21T08:00', null, { updatedAt: at('21T10:00') });
  const fresh = session('21T09:00', null);
  expect(look(stale, fresh)).toMatchObject({ state: 'online', since: at('21T09:00') });
});

test('nothing known is offline since nobody knows when', () => {
  expect(look()).toMatchObject({ state: 'offline', since: null, lastEnd: null, today: { sessions: 0, concurrent: 0 } });
});

test('overlapping sessions are not counted twice, and a session given twice is one', () => {
  const first = session('21T08:00', '21T10:00');
  const { today } = look(first, first, session('21T09:00', '21T11:00'), session('21T12:00', '21T12:30'));
  expect(today).toMatchObject({ sessions: 3, concurrent: 2, online: 3.5 * 3_600_000 });
});

test('sessions that follow each other in the same second are not side by side', () => {
  const { today } = look(session('21T08:00', '21T09:00'), session('21T09:00', '21T10:00'));
  expect(today).toMatchObject({ concurrent: 1, reconnects: 1, online: 2 * 3_600_000 });
});

test('a second session side by side is no reconnect, a start after an end is one, also over midnight', () => {
  const { today, week } = look(
    session('20T10:00', '20T23:59'),
    session('21T00:01', '21T08:00'),
    session('21T01:00', null),
    session('21T08:05', null),
  );
  expect(today.reconnects).toBe(2);
  expect(week.reconnects).toBe(2);
});

test('an empty session is not its own reconnect', () => {
  expect(look(session('21T08:00', '21T08:00')).today).toMatchObject({ reconnects: 0, sessions: 1, concurrent: 1 });
});

test('more than five Lost-Carrier today is an unstable line, five is not, and those of yesterday do not count', () => {
  const drops = (count: number, day: string) =>
    Array.from({ length: count }, (_, hour) => session(`${day}T0${hour}:00`, `${day}T0${hour}:30`));
  expect(look(...drops(5, '21'), ...drops(9, '20')).line).toEqual({ unstable: false, lostCarrierToday: 5 });
  expect(look(...drops(6, '21')).line).toEqual({ unstable: true, lostCarrierToday: 6 });
  expect([...look(...drops(5, '21'), ...drops(9, '20')).week.causes]).toEqual([['Lost-Carrier', 14]]);
});

test('a day begins at midnight of the named zone', () => {
  const ended = session('20T23:30', '21T00:30');
  const inTokyo = analyse({ sessions: [ended], now, timezone: 'Asia/Tokyo', ttlOf: () => Number.POSITIVE_INFINITY });
  expect(isoIn(inTokyo.today.from, 'Asia/Tokyo')).toBe('2026-11-21T00:00:00+09:00');
  expect(look(ended).today.online).toBe(1_800_000);
  expect(inTokyo.today.online).toBe(3_600_000);
});

test('days begin right where clocks change, also where there is no midnight that day', () => {
  const kyiv = (text: string) => isoIn(startOfDay({ at: Date.parse(text), timezone: 'Europe/Kyiv' }), 'Europe/Kyiv');
  // Clocks went forward at 03:00 and back at 04:00 on these days.
  expect(kyiv('2026-03-29T20:00:00Z')).toBe('2026-03-29T00:00:00+02:00');
  expect(kyiv('2026-10-25T20:00:00Z')).toBe('2026-10-25T00:00:00+03:00');
  const beirut = startOfDay({ at: Date.parse('2026-03-29T12:00:00Z'), timezone: 'Asia/Beirut' });
  expect(isoIn(beirut, 'Asia/Beirut')).toBe('2026-03-29T01:00:00+03:00');
  const week = startOfDay({ at: Date.parse('2026-10-27T12:00:00Z'), timezone: 'Europe/Kyiv', daysBefore: 6 });
  expect(isoIn(week, 'Europe/Kyiv')).toBe('2026-10-21T00:00:00+03:00');
});

test('times carry the offset of their zone, quarters of an hour included', () => {
  expect(isoIn(now, 'Asia/Kathmandu')).toBe('2026-11-21T18:45:00+05:45');
  expect(isoIn(now, 'America/St_Johns')).toBe('2026-11-21T09:30:00-03:30');
  expect(isoIn(now, 'UTC')).toBe('2026-11-21T13:00:00+00:00');
  expect([isTimeZone('Europe/Kyiv'), isTimeZone('Europe/Kiyv')]).toEqual([true, false]);
});

test('every cause of the RFCs has a sentence and a side, and what no box said is said so', () => {
  const ended = (terminateCause: number, inferred: Session['inferred'] = '') => causeOf({ terminateCause, inferred });
  const all = Array.from({ length: 22 }, (_, index) => ended(index + 1));
  expect(new Set(all.map(({ name }) => name)).size).toBe(22);
  expect(new Set(all.map(({ sentence }) => sentence)).size).toBe(22);
  expect(all.every(({ side }) => side !== 'unknown')).toBe(true);
  expect([ended(1).side, ended(2).side, ended(5).side, ended(6).side, ended(8).side]).toEqual([
    'user',
    'line',
    'policy',
    'operator',
    'network',
  ]);
  expect(ended(0, 'reboot').name).toBe('NAS-Reboot');
  expect(ended(0, 'stale')).toMatchObject({ name: 'Inferred-Stale', side: 'unknown' });
  expect(ended(77).name).toBe('Cause-77');
  expect(knownCauses).toHaveLength(25);
});
