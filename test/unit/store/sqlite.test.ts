// The SQLite store: what a resolved write promises, and what is kept when one of a group is wrong.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Job } from '#core/model/job.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import type { Change } from '#core/store/store.ts';
import { accountAt } from '#test/support/scripted-nas.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { storedJob as job } from './stored-job.ts';

function accepted(made: Job, source = 'test'): Change {
  const { eventId: id, hook, account } = made;
  const event = { id, hook, account, occurredAt: '2026-11-21T20:00:00+02:00', source };
  const variables = source === 'test' ? account : null;
  const told = { type: 'tell', userId: account['user_id'] ?? '', variables, settled: {}, at: 1 } as const;
  return { type: 'event', event, jobs: [made], account: told };
}

async function open(directory = tempDir()) {
  const store = await openStore({ directory });
  onTestFinished(() => store.close().catch(() => {}));
  return store;
}

test('what is written is there after opening again', async () => {
  const directory = tempDir();
  const first = await openStore({ directory });
  const made = job(1, { account: accountAt(1, '10.0.0.1', { fio: 'Иванов «Ё»' }) });
  await first.write([accepted(made)]);
  await first.close();
  const second = await open(directory);
  expect(await second.job('1')).toEqual(made);
  expect(await second.lastJobId()).toBe('1');
  expect(await second.accountByLogin('login1')).toEqual(made.account);
});

test('an event that is there already takes nothing of its change along', async () => {
  const store = await open();
  await store.write([accepted(job(1))]);
  const { duplicates } = await store.write([accepted(job(2, { eventId: 'e1' }))]);
  expect([...duplicates]).toEqual(['e1']);
  expect(await store.job('2')).toBeUndefined();
});

test('a wrong batch is refused whole and the others of its group are kept', async () => {
  const store = await open();
  await store.write([accepted(job(1))]);
  const results = await Promise.allSettled([
    store.write([accepted(job(2))]),
    store.write([accepted(job(3)), accepted(job(1, { eventId: 'other' }))]),
    store.write([accepted(job(4))]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await store.jobs({ limit: 10 })).map(({ id }) => id)).toEqual(['4', '2', '1']);
});

test('the journal keeps entries in the order of writing', async () => {
  const store = await open();
  const entry = (text: string) => ({ at: 1, attempt: 1, nas: 'bras-1', kind: 'sent' as const, via: 'coa', text });
  await store.write([{ type: 'journal', jobId: '1', entries: [entry('a'), entry('б')] }]);
  await store.write([{ type: 'journal', jobId: '1', entries: [entry('c')] }]);
  expect((await store.journal('1')).map(({ text }) => text)).toEqual(['a', 'б', 'c']);
});

test('a database of a newer version is refused with what to do', async () => {
  const directory = tempDir();
  await (await openStore({ directory })).close();
  const database = new DatabaseSync(`${directory}/ossia.db`);
  database.exec('PRAGMA user_version = 99');
  database.close();
  await expect(openStore({ directory })).rejects.toThrow(/newer Ossia \(schema 99/);
});

test('a directory that cannot be written is refused with its name', async () => {
  const file = join(tempDir(), 'a-file');
  writeFileSync(file, '');
  const directory = join(file, 'data');
  await expect(openStore({ directory })).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining(directory),
  });
});

test('after closing, writes are refused and not lost in silence', async () => {
  const store = await open();
  await store.close();
  await expect(store.write([accepted(job(1))])).rejects.toMatchObject({ code: 'store_failed' });
});

test('a folder that another store has open is refused with what to do', async () => {
  const directory = tempDir();
  await open(directory);
  await expect(openStore({ directory })).rejects.toMatchObject({
    code: 'store_failed',
    message: expect.stringContaining('another daemon uses this folder'),
  });
});

test('accounts are listed by user_id with a total, by login with a wildcard, and those of operators are not among them', async () => {
  const store = await open();
  const known = (number: number) => job(number, { account: accountAt(number, '10.0.0.1') });
  await store.write([1, 2, 3].map((number) => accepted(known(number))));
  const odd = job(4, { account: accountAt(4, '10.0.0.1', { login: 'o_d%d' }) });
  await store.write([accepted(odd)]);
  await store.write([accepted(known(5), 'operator')]);
  const logins = async (login: string, offset = 0) => {
    const { accounts, total } = await store.accounts({ login, offset, limit: 2 });
    return [accounts.map((account) => account['login']), total];
  };
  expect(await logins('login*')).toEqual([['login1', 'login2'], 3]);
  expect(await logins('login*', 2)).toEqual([['login3'], 3]);
  expect(await logins('o_d%d')).toEqual([['o_d%d'], 1]);
  expect(await logins('o_d*')).toEqual([['o_d%d'], 1]);
  expect(await logins('l_gin1')).toEqual([[], 0]);
  expect((await store.accounts({ offset: 0, limit: 9 })).total).toBe(4);
});

test('the id of a deleted job is not given again', async () => {
  const directory = tempDir();
  const first = await openStore({ directory });
  await first.write([accepted(job(1)), accepted(job(2)), accepted(job(3))]);
  await first.close();
  const database = new DatabaseSync(`${directory}/ossia.db`);
  database.exec('DELETE FROM jobs WHERE id > 1');
  database.close();
  const second = await open(directory);
  expect(await second.lastJobId()).toBe('3');
});

test('a database of the first version is taken further, with what is in it', async () => {
  const directory = tempDir();
  const migrations = new URL('../../../core/store/sqlite/migrations/', import.meta.url);
  const database = new DatabaseSync(`${directory}/ossia.db`);
  database.exec(`${readFileSync(new URL('0001.sql', migrations), 'utf8')}; PRAGMA user_version = 1`);
  database.exec(`INSERT INTO events VALUES ('e7', 'user_drop', '{"user_id":"1"}', '', 'http', 1)`);
  database.exec(
    `INSERT INTO jobs VALUES (7, 'e7', '1@x', 'x', 'user_drop', '1', '', NULL, 'waiting', 0, 0, 0, '', '', 1, 1)`,
  );
  database.close();
  const store = await open(directory);
  expect(await store.lastJobId()).toBe('7');
  expect(await store.job('7')).toMatchObject({ hook: 'user_drop', account: { user_id: '1' } });
});

test('an account keeps what the billing said last when accounting tells of it with older values', async () => {
  const store = await open();
  const moved = accountAt(1, '10.0.0.2');
  await store.write([accepted(job(1, { account: accountAt(1, '10.0.0.1') }))]);
  await store.write([accepted(job(2, { account: moved }))]);
  const told = job(3, { hook: 'user_auth', account: { ...accountAt(1, '10.0.0.1'), acct_session_id: 'a1' } });
  await store.write([accepted(told, 'accounting')]);
  expect(await store.account('1')).toEqual(moved);
});

test('a thread of the store that dies is told, and writes and reads are refused from then on', async () => {
  const spied = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => spied.mockRestore());
  const died = Promise.withResolvers<string>();
  const store = await openStore({ directory: tempDir(), onDeath: died.resolve });
  await store.write([accepted(job(1))]);
  const writer = spied.mock.contexts[0] as Worker;
  await writer.terminate();
  expect(await died.promise).toMatch(/writer ended/);
  await expect(store.write([accepted(job(2))])).rejects.toMatchObject({ code: 'store_failed' });
  expect(store.trouble()).toContain('the last write failed');
  await store.close();
});

test('jobs in several states come in one order, page by page, and are counted by box and hook', async () => {
  const store = await open();
  const states = ['dead', 'waiting', 'refused', 'done'] as const;
  const made = Array.from({ length: 40 }, (_, index) => {
    const hook = index < 30 ? 'user_drop' : 'user_edit';
    return job(index + 1, { state: states[index % 4] ?? 'dead', nasKey: `k${index % 3}`, hook, eventId: `e${index}` });
  });
  await store.write(made.map((one) => accepted(one)));
  const wanted = made.filter(({ state }) => state === 'dead' || state === 'refused').toReversed();
  const found: string[] = [];
  for (let before: string | undefined; ; before = found.at(-1)) {
    // Asked for twice, it comes once.
    const filter = { states: ['refused', 'dead', 'refused'], nasKeys: ['k0', 'k1', 'k2'], limit: 3 } as const;
    const page = await store.jobs({ ...filter, ...(before === undefined ? {} : { before }) });
    found.push(...page.map(({ id }) => id));
    if (page.length < 3) break;
  }
  expect(found).toEqual(wanted.map(({ id }) => id));
  const groups = await store.jobGroups({ states: ['dead', 'refused'], nasKeys: ['k0', 'k1'] });
  const counts = Object.groupBy(
    wanted.filter(({ nasKey }) => nasKey !== 'k2'),
    ({ nasKey, hook }) => `${nasKey} ${hook}`,
  );
  expect(Object.fromEntries(groups.map(({ nasKey, hook, count }) => [`${nasKey} ${hook}`, count]))).toEqual(
    Object.fromEntries(Object.entries(counts).map(([name, list = []]) => [name, list.length])),
  );
  expect(groups.map(({ count }) => count)).toEqual(groups.map(({ count }) => count).sort((a, b) => b - a));
});

test('who writes little shares no commit with more than one that writes much', async () => {
  const commits: number[] = [];
  const store = await openStore({ directory: tempDir(), onCommit: ({ batches }) => commits.push(batches) });
  onTestFinished(() => store.close());
  const note = (jobId: string): Change => ({ type: 'journal', jobId, entries: [] });
  const much = () => store.write(Array.from({ length: 1500 }, () => note('1')));
  const little = () => store.write([note('2')]);
  await Promise.all([little(), much(), little(), much(), much(), little(), little()]);
  expect(commits).toEqual([3, 1, 3]);
});
