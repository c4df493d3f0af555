// Random histories of writes: the store's rows are always what the rules, told plainly in memory, make of them.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { type Account, nasKeyOf, nasRefOf } from '#core/model/account.ts';
import type { AccountRecord, State } from '#core/model/state.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { AccountWrite, Change } from '#core/store/store.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const userIds = ['1', 'ж', '😀'];
const variables = fc.dictionary(
  fc.constantFrom('login', 'ip', 'nas_ip', 'nas_id', 'mac', 'ё "\\ \'', '__proto__x', '$.a', ''),
  fc.constantFrom('', 'a', '10.0.0.1', '2001:DB8::1', 'Ёж\n"', 'null'),
  { maxKeys: 4 },
);
const settled = fc.dictionary(
  fc.constantFrom('exists', 'accept', 'rate', 'service:7', 'service:a.b"c'),
  fc.constantFrom('true', 'false', 'on', '{"rate_in":"1"}'),
  { maxKeys: 3 },
);
/** 'right': the version that the row has by then. */
const guard = fc.constantFrom<undefined | 'right' | 'wrong' | 0>(undefined, undefined, 'right', 'wrong', 0);
const step = fc.record({
  userId: fc.constantFrom(...userIds),
  kind: fc.constantFrom('tell', 'tell', 'nothing new', 'replace', 'account'),
  variables,
  settled,
  guard,
  /** Few, so that some come twice. */
  eventId: fc.integer({ min: 0, max: 30 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Known {
  readonly rows: Map<string, AccountRecord>;
  readonly events: Set<string>;
  /** What sets this history apart from the others in the same store. */
  readonly run: string;
}

function versionAsked({ guard: asked }: Step, version: number): number | undefined {
  if (asked === 'right') return version;
  return asked === 'wrong' ? version + 3 : asked;
}

function changeOf(made: Step, { rows, run }: Known, at: number): Change {
  const { userId, kind, eventId } = made;
  const version = rows.get(userId)?.version ?? 0;
  const ifVersion = versionAsked(made, version);
  const event = {
    id: `${run}e${eventId}`,
    hook: 'user_edit',
    account: { user_id: userId },
    occurredAt: '',
    source: 'http',
  };
  if (kind === 'replace' || kind === 'account') {
    const goneAt = made.settled['exists'] === 'false' ? at : 0;
    const record = {
      userId,
      variables: made.variables,
      nasKey: '',
      desired: made.settled,
      version: 9,
      goneAt,
      updatedAt: at,
    };
    const account = { type: 'replace', record, ifVersion: ifVersion ?? version } as const;
    return kind === 'account' ? { type: 'account', account } : { type: 'event', event, jobs: [], account };
  }
  const account: AccountWrite = {
    type: 'tell',
    userId,
    variables: kind === 'tell' ? made.variables : null,
    settled: made.settled,
    ...(ifVersion === undefined ? {} : { ifVersion }),
    at,
  };
  return { type: 'event', event, jobs: [], account };
}

/** What the contract says of one change. */
function apply(change: Change, { rows, events }: Known): 'done' | 'duplicate' | 'conflict' {
  if (change.type !== 'event' && change.type !== 'account') throw new Error('not made here');
  if (change.type === 'event' && events.has(change.event.id)) return 'duplicate';
  const { account: write } = change;
  if (write === undefined) throw new Error('not made here');
  const userId = write.type === 'tell' ? write.userId : write.record.userId;
  const row = rows.get(userId);
  if (write.ifVersion !== undefined && write.ifVersion !== (row?.version ?? 0)) return 'conflict';
  // Guarded, and nothing is there that it could be told of.
  if (write.type === 'tell' && write.variables === null && row === undefined && write.ifVersion !== undefined)
    return 'conflict';
  if (change.type === 'event') events.add(change.event.id);
  const next = write.type === 'tell' ? tellPlainly(write, row) : placed(write.record, row);
  if (next !== undefined) rows.set(userId, next);
  return 'done';
}

function tellPlainly(
  { userId, variables: told, settled: now, at }: Extract<AccountWrite, { type: 'tell' }>,
  row?: AccountRecord,
) {
  if (told === null && (row === undefined || Object.keys(now).length === 0)) return row;
  const desired: State = { ...row?.desired, ...now };
  const before = row?.goneAt ?? 0;
  const goneAt = now['exists'] === 'true' ? 0 : now['exists'] === 'false' && before === 0 ? at : before;
  return placed(
    { userId, variables: { ...row?.variables, ...told }, nasKey: '', desired, version: 0, goneAt, updatedAt: at },
    row,
  );
}

function placed(record: AccountRecord, row: AccountRecord | undefined): AccountRecord {
  return { ...record, nasKey: nasKeyOf(nasRefOf(record.variables)), version: (row?.version ?? 0) + 1 };
}

test('rows, duplicates and conflicts are what the rules make of any history, in batches of any size', async () => {
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 12 }), async (batches) => {
      const known: Known = { rows: new Map(), events: new Set(), run: `${++run}-` };
      let at = 0;
      for (const batch of batches) {
        const told = { duplicates: new Set<string>(), conflicts: new Set<string>() };
        const changes = batch.map((made) => {
          const own = { ...made, userId: known.run + made.userId };
          const change = changeOf(own, known, ++at);
          const end = apply(change, known);
          if (end === 'duplicate' && change.type === 'event') told.duplicates.add(change.event.id);
          if (end === 'conflict') told.conflicts.add(own.userId);
          return change;
        });
        expect(await store.write(changes)).toEqual(told);
      }
      expect(await store.records(userIds.map((id) => known.run + id))).toEqual(known.rows);
      for (const row of known.rows.values()) await found(store, row);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 60_000 },
  );
}, 90_000);

async function found(store: Awaited<ReturnType<typeof openStore>>, { userId, nasKey, variables: told }: AccountRecord) {
  const has = async (page: Parameters<typeof store.recordPage>[0]) =>
    (await store.recordPage(page)).some((row) => row.userId === userId);
  const { login, ip }: Account = told;
  expect(await has({ nasKeys: [nasKey], limit: 10_000 })).toBe(true);
  if (login) expect(await has({ login, limit: 10_000 })).toBe(true);
  if (ip) expect(await has({ ip, limit: 10_000 })).toBe(true);
}

test('marks of any history are what the rules make of them', async () => {
  const mark = fc.record(
    { value: fc.constantFrom('true', 'none', '{"a":"b"}'), job: fc.constant('1'), at: fc.nat(9) },
    { requiredKeys: ['job'] },
  );
  const failed = fc.constantFrom(
    undefined,
    { state: 'dead', reason: 'нет «"»', job: '2', at: 2 },
    { state: 'refused', reason: '', job: '3', at: 3 },
  );
  const marks = fc.dictionary(fc.constantFrom('exists', 'rate', 'service:ж'), fc.tuple(mark, failed), { maxKeys: 3 });
  const store = await openStore({ directory: tempDir() });
  onTestFinished(() => store.close());
  let account = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(marks, fc.boolean()), { maxLength: 8 }), async (history) => {
      const userId = `u${++account}`;
      let wanted: Record<string, object> | undefined;
      for (const [given, all] of history) {
        const told = Object.fromEntries(
          Object.entries(given).map(([key, [made, bad]]) => [key, bad === undefined ? made : { ...made, failed: bad }]),
        );
        await store.write([
          { type: 'applied', userId, nasKey: 'k', marks: told, ...(all ? { all: true as const } : {}) },
        ]);
        if (all || wanted === undefined) wanted = {};
        for (const [key, now] of Object.entries(told)) wanted[key] = 'value' in now ? now : { ...wanted[key], ...now };
      }
      expect((await store.applied(userId)).get('k')).toEqual(wanted);
    }),
    { numRuns: 150, interruptAfterTimeLimit: 60_000 },
  );
}, 90_000);
