// What records do to a session: by table, and for any order and number of copies.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import type { Session } from '#core/model/session.ts';
import { apply, endedByReboot, isOfBox, nasReboot, type Step } from '#core/sessions/rules.ts';
import { accountingRecord, noon } from '#test/support/accounting-record.ts';

const minute = 60_000;
const start = accountingRecord();
const interim = accountingRecord({ status: 'interim', at: noon + 10 * minute, sessionTime: 600, inputOctets: 100 });
const stop = accountingRecord({
  status: 'stop',
  at: noon + 20 * minute,
  sessionTime: 1200,
  inputOctets: 300,
  outputOctets: 5_000_000_000,
  terminateCause: 2,
});

function play(records: readonly AccountingRecord[]): { session: Session; steps: readonly Step[] } {
  let session: Session | undefined;
  const steps = records.map((record) => {
    const step = apply(session, record);
    session = step.session;
    return step;
  });
  if (session === undefined) throw new Error('no records');
  return { session, steps };
}

interface Row {
  readonly it: string;
  readonly records: readonly AccountingRecord[];
  readonly ends: Partial<Session>;
  /** Per record: `+` logs on, `-` logs off, `~` changes, `.` is a copy. */
  readonly does: string;
}

const rows: readonly Row[] = [
  { it: 'Start creates and logs on', records: [start], ends: { startedAt: noon, endedAt: 0 }, does: '+' },
  {
    it: 'Interim without Start creates as of its session time',
    records: [interim],
    ends: { startedAt: noon, updatedAt: noon + 10 * minute, endedAt: 0, inputOctets: 100 },
    does: '+',
  },
  {
    it: 'Stop without Start gives one closed session',
    records: [stop],
    ends: { startedAt: noon, endedAt: noon + 20 * minute, terminateCause: 2, outputOctets: 5_000_000_000 },
    does: '-',
  },
  {
    it: 'Start, Interim, Stop are one session',
    records: [start, interim, stop],
    ends: { startedAt: noon, endedAt: noon + 20 * minute, sessionTime: 1200 },
    does: '+~-',
  },
  { it: 'copies change nothing', records: [start, start, stop, stop], ends: { inputOctets: 300 }, does: '+.-.' },
  {
    it: 'a late Start never revives a closed one',
    records: [stop, start],
    ends: { endedAt: noon + 20 * minute },
    does: '-.',
  },
  {
    it: 'a late Interim never revives a closed one',
    records: [start, stop, interim],
    ends: { endedAt: noon + 20 * minute, inputOctets: 300 },
    does: '+-.',
  },
  {
    it: 'counters never go back',
    records: [start, { ...interim, at: noon + 11 * minute, inputOctets: 900 }, interim],
    ends: { inputOctets: 900, updatedAt: noon + 11 * minute },
    does: '+~.',
  },
  {
    it: 'an address that a later record brings is kept',
    records: [{ ...start, framedIp: '' }, interim],
    ends: { framedIp: '10.1.2.3' },
    does: '+~',
  },
  {
    it: 'an address that a late record brings does not replace a newer one',
    records: [interim, { ...start, framedIp: '10.9.9.9' }],
    ends: { framedIp: '10.1.2.3' },
    does: '+.',
  },
  {
    it: 'the same id that starts after the end is another session',
    records: [start, stop, { ...start, at: noon + 21 * minute }],
    ends: { startedAt: noon + 21 * minute, endedAt: 0, inputOctets: 0 },
    does: '+-+',
  },
  {
    it: 'a Start without a clock soon after the end is a retransmission',
    records: [stop, { ...start, at: stop.at + minute / 2, timestamped: false }],
    ends: { endedAt: noon + 20 * minute },
    does: '-~',
  },
  {
    it: 'an Interim that does not say when it began proves no other session',
    records: [start, stop, { ...interim, at: stop.at + 1000, sessionTime: 0 }],
    ends: { endedAt: noon + 20 * minute },
    does: '+-~',
  },
];

test.each(rows)('rules: $it', ({ records, ends, does }) => {
  const { session, steps } = play(records);

  expect(session).toMatchObject(ends);
  const marks = steps.map(({ loggedOn, loggedOff, changed }) => {
    if (loggedOn) return '+';
    if (loggedOff) return '-';
    return changed ? '~' : '.';
  });
  expect(marks.join('')).toBe(does);
});

test('rules end in the same closed session, logged off once, in any order and number of copies', () => {
  const whole = [start, interim, { ...interim, at: noon + 15 * minute, sessionTime: 900, inputOctets: 200 }, stop];
  const expected = play(whole).session;
  const anyOrder = fc
    .array(fc.constantFrom(...whole), { maxLength: 12 })
    .chain((extra) => fc.shuffledSubarray([...whole, ...extra], { minLength: whole.length + extra.length }));

  fc.assert(
    fc.property(anyOrder, (records) => {
      const { session, steps } = play(records);
      expect(session).toEqual(expected);
      expect(steps.filter(({ loggedOff }) => loggedOff)).toHaveLength(1);
      expect(steps.filter(({ loggedOn }) => loggedOn).length).toBeLessThanOrEqual(1);
      expect(steps.filter(({ isNew }) => isNew)).toHaveLength(1);
    }),
    { numRuns: 500 },
  );
});

test('rules keep one closed session when copies say slightly different times', () => {
  const wobbly = fc.record({
    record: fc.constantFrom(start, interim, stop),
    late: fc.integer({ min: 0, max: 30_000 }),
  });

  fc.assert(
    fc.property(fc.array(wobbly, { maxLength: 10 }), (copies) => {
      const records = [
        stop,
        ...copies.map(({ record, late }) => ({ ...record, at: record.at + late, timestamped: false })),
      ];
      const { session, steps } = play(records);
      expect(session.endedAt).toBe(stop.at);
      expect(steps.filter(({ isNew }) => isNew)).toHaveLength(1);
    }),
  );
});

test('a reboot ends what began before it, and only that', () => {
  const { session } = play([start, interim]);
  const later = play([accountingRecord({ at: noon + 30 * minute, acctSessionId: '81000002' })]).session;

  expect(endedByReboot(session, noon + 30 * minute)).toMatchObject({
    endedAt: noon + 30 * minute,
    terminateCause: nasReboot,
    inputOctets: 100,
  });
  expect(endedByReboot(later, noon + 30 * minute)).toBeUndefined();
  expect(endedByReboot({ ...session, endedAt: noon + minute }, noon + 30 * minute)).toBeUndefined();
});

test('a Stop that comes after the reboot says the true cause and end', () => {
  const ended = endedByReboot(play([start]).session, noon + 30 * minute);

  expect(apply(ended, stop)).toMatchObject({
    loggedOff: false,
    changed: true,
    session: { endedAt: stop.at, terminateCause: 2, inputOctets: 300 },
  });
});

test('the same id right after a reboot is another session also without a clock', () => {
  const ended = endedByReboot(play([start]).session, noon + 30 * minute);

  expect(apply(ended, { ...start, at: noon + 30 * minute + 5000, timestamped: false })).toMatchObject({
    isNew: true,
    loggedOn: true,
  });
});

test.each([
  { box: { nasIp: '10.0.0.1' }, is: true },
  { box: { nasIp: '', nasIdentifier: '' }, is: true },
  { box: { nasIp: '10.0.0.2' }, is: false },
  { box: { nasIdentifier: 'other' }, is: false },
  { box: { nas: 'bras-2' }, is: false },
])('an On of $box concerns the session of bras-1 at 10.0.0.1: $is', ({ box, is }) => {
  const { session } = play([start]);

  expect(isOfBox(session, accountingRecord({ status: 'on', ...box }))).toBe(is);
});

const full = 2 ** 32;
interface Reading {
  readonly it: string;
  /** What the box says, one minute after the other. */
  readonly said: readonly (Partial<AccountingRecord> & { readonly inputOctets: number })[];
  readonly counts: number;
}

const readings: readonly Reading[] = [
  {
    it: 'nearly full, then less: it has run over 32 bits',
    said: [{ inputOctets: full - 1000 }, { inputOctets: 500 }],
    counts: full + 500,
  },
  {
    it: 'runs over twice',
    said: [{ inputOctets: full - 1 }, { inputOctets: 7 }, { inputOctets: full - 9 }, { inputOctets: 4 }],
    counts: 2 * full + 4,
  },
  {
    it: 'far from full, then less: it began again',
    said: [{ inputOctets: 0.7 * full }, { inputOctets: 500 }],
    counts: Math.round(0.7 * full) + 500,
  },
  {
    it: 'a box that says Gigawords began again, however full it was',
    said: [{ inputOctets: full - 1000, gigawords: true }, { inputOctets: 500 }],
    counts: full - 1000 + 500,
  },
  {
    it: 'one that said them once, long ago and of nothing, too',
    said: [{ inputOctets: 0, gigawords: true }, { inputOctets: full - 1000 }, { inputOctets: 500 }],
    counts: full - 1000 + 500,
  },
  {
    it: 'Gigawords in the very record that is less say so, too',
    said: [{ inputOctets: full - 1000 }, { inputOctets: 500, gigawords: true }],
    counts: full - 1000 + 500,
  },
  {
    it: 'the session itself began again: its time is less, too',
    said: [{ inputOctets: full - 1000 }, { inputOctets: 500, sessionTime: 10 }],
    counts: full - 1000 + 500,
  },
  {
    it: 'a late record after it has run over changes nothing',
    said: [
      { inputOctets: full - 1000 },
      { inputOctets: 500 },
      { inputOctets: full - 2000, at: noon + 1, sessionTime: 1 },
    ],
    counts: full + 500,
  },
];

test.each(
  readings.map((row) => ({
    ...row,
    said: row.said.map((one) => ({ ...one, inputOctets: Math.round(one.inputOctets) })),
  })),
)('counters: $it', ({ said, counts }) => {
  const records = said.map((one, n) =>
    accountingRecord({ status: 'interim', at: noon + n * minute, sessionTime: 60 + n * 60, ...one }),
  );

  expect(play(records).session.inputOctets).toBe(counts);
  expect(play([...records, ...records.slice(-1)]).session.inputOctets).toBe(counts);
});
