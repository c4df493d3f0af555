// Live sessions show the plan that the billing said last, in every index, durably, and what was changed by hand until it says another.
import { expect, onTestFinished, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import type { Session } from '#core/model/session.ts';
import type { Condition } from '#core/sessions/book.ts';
import { createSessions, type Sessions } from '#core/sessions/sessions.ts';
import { watchAccounts } from '#core/store/account-changes.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Store } from '#core/store/store.ts';
import { accountingRecord, noon } from '#test/support/accounting-record.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { toldAccount } from '#test/support/told-account.ts';
import { until } from '#test/support/until.ts';

interface World {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly warnings: string[];
  tell(account: Account, id: string): Promise<unknown>;
  plansOf(...conditions: Condition[]): Promise<readonly string[]>;
  restart(): Promise<World>;
}

const settings = { planVariable: 'tariff', sessionIndexes: ['street', 'house'], alterableFields: ['plan', 'house'] };

async function open(opened: Store, overrides: Partial<Store> = {}): Promise<World> {
  const { store, onTold } = watchAccounts(opened);
  const warnings: string[] = [];
  const sessions = await createSessions({
    store: { ...store, ...overrides },
    ingest: { submitSession: async ({ id }) => ({ type: 'accepted', event: id, jobs: [], duplicate: false }) },
    directory: { firing: () => ({ onStart: true, onStop: true }), nasOf: () => undefined },
    settings: { ...settings, sessionTtl: 0 },
    log: { warn: (_fields, message) => warnings.push(message) },
    now: () => noon,
  });
  onTold(sessions.follow);
  return {
    store,
    sessions,
    warnings,
    tell: (account, id) => store.write([toldAccount(account, { id })]),
    plansOf: async (...conditions) =>
      (await sessions.book.find({ conditions, limit: 100 })).sessions.map(({ plan }: Session) => plan),
    async restart() {
      sessions.close();
      return open(opened, overrides);
    },
  };
}

async function world(overrides: Partial<Store> = {}): Promise<World> {
  const opened = await openStore({ directory: tempDir() });
  onTestFinished(() => opened.close());
  return open(opened, overrides);
}

const иванов = { user_id: '1001', login: 'Иванов', nas_ip: '10.0.0.1', street: 'Садовая', house: '1' };
const plan = (value: string): Condition => ({ field: 'plan', op: 'eq', value });
const start = accountingRecord();

test("live sessions show a new plan when the billing has its answer, are found by it, and only the account's own", async () => {
  const given = await world();
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.tell({ user_id: '2', login: 'Петров', nas_ip: '10.0.0.1', tariff: 'Дом-100' }, 'e2');
  await given.sessions.sink(start);
  await given.sessions.sink({ ...start, acctSessionId: '81000002' });
  await given.sessions.sink({ ...start, acctSessionId: '81000003', userName: 'Петров' });

  await given.tell({ ...иванов, tariff: 'Дом-500' }, 'e3');

  expect(await given.plansOf(plan('Дом-500'))).toEqual(['Дом-500', 'Дом-500']);
  expect(await given.plansOf(plan('Дом-100'))).toEqual(['Дом-100']);
  const again = await given.restart();
  expect(await again.plansOf(plan('Дом-500'))).toHaveLength(2);
});

test('a plan that was changed by hand stays while the billing repeats itself, also after a restart, until it says another', async () => {
  const given = await world();
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.sessions.sink(start);
  const [session] = (await given.sessions.book.find({ conditions: [], limit: 1 })).sessions;
  await given.sessions.book.alter(session?.id ?? '', { plan: 'турбо' });

  const again = await given.restart();
  await again.tell({ ...иванов, tariff: 'Дом-100' }, 'e2');
  expect(await again.plansOf()).toEqual(['турбо']);
  await again.tell(иванов, 'e3');
  expect(await again.plansOf()).toEqual(['турбо']);

  await again.tell({ ...иванов, tariff: 'Дом-500' }, 'e4');
  expect(await again.plansOf()).toEqual(['Дом-500']);
});

test('a session that began before its account was known is claimed when the billing tells of it', async () => {
  const given = await world();
  await given.sessions.sink(start);

  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');

  expect(await given.plansOf({ field: 'user_id', op: 'eq', value: '1001' })).toEqual(['Дом-100']);
});

test('variables that sessions are found by follow too, but for those that may be changed by hand', async () => {
  const given = await world();
  await given.tell(иванов, 'e1');
  await given.sessions.sink(start);

  await given.tell({ ...иванов, street: 'Новая', house: '2' }, 'e2');

  const { sessions: found } = await given.sessions.book.find({
    conditions: [{ field: 'street', op: 'eq', value: 'Новая' }],
    limit: 10,
  });
  expect(found).toMatchObject([{ fields: { street: 'Новая', house: '1' } }]);
});

test('an old event that is sent again brings no old plan back, and a closed session keeps its own', async () => {
  const given = await world();
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.sessions.sink({ ...start, acctSessionId: 'old' });
  await given.sessions.sink({ ...start, acctSessionId: 'old', status: 'stop', at: noon + 60_000, sessionTime: 60 });
  await given.sessions.sink(start);
  await given.tell({ ...иванов, tariff: 'Дом-500' }, 'e2');

  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');

  expect(await given.plansOf()).toEqual(['Дом-500']);
  const closed = await given.sessions.book.find({ conditions: [], state: 'closed', limit: 10 });
  expect(closed.sessions).toMatchObject([{ acctSessionId: 'old', plan: 'Дом-100' }]);
});

test('an account that cannot be looked up is a line in the log and not a refused event', async () => {
  const given = await world();
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.sessions.sink(start);
  const broken = await open(given.store, { account: () => Promise.reject(new Error('the disk is gone')) });

  await broken.tell({ ...иванов, tariff: 'Дом-500' }, 'e2');

  expect(broken.warnings).toHaveLength(1);
});

test('an account that is imported without an event is followed as well', async () => {
  const given = await world();
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.sessions.sink(start);
  const record = await given.store.record('1001');
  if (record === undefined) throw new Error('it was told');

  const variables = { ...record.variables, tariff: 'Дом-500' };
  await given.store.write([
    { type: 'account', account: { type: 'replace', record: { ...record, variables }, ifVersion: record.version } },
  ]);

  expect(await given.plansOf()).toEqual(['Дом-500']);
});

test('events that say nothing new look nothing up, and of two at once the newest word stays', async () => {
  let asked = 0;
  const opened = await openStore({ directory: tempDir() });
  onTestFinished(() => opened.close());
  const slow: Store['account'] = async (userId) => {
    asked++;
    const account = await opened.account(userId);
    await new Promise((resolve) => setTimeout(resolve, asked === 1 ? 50 : 0));
    return account;
  };
  const given = await open(opened);
  await given.tell({ ...иванов, tariff: 'Дом-100' }, 'e1');
  await given.sessions.sink(start);
  const looking = await open(opened, { account: slow });
  await looking.tell({ ...иванов, tariff: 'Дом-100' }, 'e2');
  expect(asked).toBe(0);

  const first = looking.tell({ ...иванов, tariff: 'Дом-500' }, 'e3');
  await until(() => asked === 1);
  await Promise.all([first, looking.tell({ ...иванов, tariff: 'Дом-100' }, 'e4')]);

  expect(await looking.plansOf()).toEqual(['Дом-100']);
});
