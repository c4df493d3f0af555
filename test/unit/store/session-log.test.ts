// The session log: what was acknowledged is there after the process is killed, however the file ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import type { Session } from '#core/model/session.ts';
import { blankSession, sessionText } from '#core/model/session-body.ts';
import { readEntries, type SessionWrite } from '#core/store/session-log/entries.ts';
import { readFrames } from '#core/store/session-log/segments.ts';
import { openSessionLog } from '#core/store/session-log/session-log.ts';
import { openGroupCommit } from '#core/store/sqlite/group-commit.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { openSessionsBehind } from '#core/store/sqlite/sessions-behind.ts';
import { accountingRequest, openAccountingClient } from '#test/support/accounting-client.ts';
import { nodeBin } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ossia-log-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function session(change: Partial<Session> = {}): Session {
  const key = change.key ?? 'bras-1|1|Иванов|1795262400';
  return { ...blankSession, id: 'a1', key, nas: 'bras-1', userName: 'Иванов', startedAt: 1, updatedAt: 1, ...change };
}

const entriesIn = () => [...readFrames(directory)].flatMap((frame) => [...readEntries(frame)]);
const files = () => readdirSync(directory).sort();

async function written(...groups: readonly (readonly SessionWrite[])[]): Promise<void> {
  const log = openSessionLog({ directory, onWrite: () => {} });
  for (const group of groups) await log.append(group);
  await log.close();
}

const whole = (change: Partial<Session>): SessionWrite => ({ session: session(change), onlyCounters: false });
const counters = (change: Partial<Session>): SessionWrite => ({ session: session(change), onlyCounters: true });

test('the log says what was appended, whole or only its counters', async () => {
  await written([whole({ plan: 'тариф' })], [counters({ updatedAt: 7, outputOctets: 2 ** 52 + 1, inputBase: 3 })]);

  expect(entriesIn()).toEqual([
    { type: 'whole', session: session({ plan: 'тариф' }) },
    {
      type: 'counters',
      key: session().key,
      counters: {
        updatedAt: 7,
        inputOctets: 0,
        outputOctets: 2 ** 52 + 1,
        sessionTime: 0,
        inputBase: 3,
        outputBase: 0,
      },
    },
  ]);
});

test('what a crash tore at the end is ignored, at whatever byte, and what stands before it counts', async () => {
  await written([whole({ plan: 'a' })], [whole({ plan: 'b' })]);
  const [name = ''] = files();
  const bytes = readFileSync(join(directory, name));
  const first = 8 + bytes.readUInt32LE(0);

  for (let length = first; length < bytes.length; length++) {
    writeFileSync(join(directory, name), bytes);
    truncateSync(join(directory, name), length);
    expect(entriesIn(), `cut at ${length}`).toMatchObject([{ session: { plan: 'a' } }]);
  }
  for (let at = first; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] as number) ^ 0xff;
    writeFileSync(join(directory, name), damaged);
    expect(entriesIn(), `damaged at ${at}`).toMatchObject([{ session: { plan: 'a' } }]);
  }
});

test('a new log goes on behind what a crash tore', async () => {
  await written([whole({ plan: 'a' })]);
  appendFileSync(join(directory, files()[0] ?? ''), 'half of a frame');
  await written([whole({ plan: 'b' })]);

  expect(entriesIn()).toMatchObject([{ session: { plan: 'a' } }, { session: { plan: 'b' } }]);
});

test('what is cut off is dropped only when it is said so', async () => {
  const log = openSessionLog({ directory, onWrite: () => {} });
  await log.append([whole({ plan: 'a' })]);
  const drop = await log.cut();
  await log.append([whole({ plan: 'b' })]);
  expect(entriesIn()).toHaveLength(2);
  drop();
  expect(entriesIn()).toMatchObject([{ session: { plan: 'b' } }]);
  await log.close();
});

test('a log that is never at rest is cut all the same', async () => {
  const log = openSessionLog({ directory, onWrite: () => {} });
  const appended: Promise<void>[] = [];
  let goesOn = true;
  const load = (async () => {
    for (; goesOn; await nextTurn()) appended.push(log.append([whole({})]));
  })();
  await Promise.race(appended);
  const drop = await log.cut();
  drop();
  goesOn = false;
  await load;
  await Promise.all(appended);
  await log.close();
});

test('what came behind a write that failed is refused with it: its counters would stand in the log alone', async () => {
  const log = openSessionLog({ directory, onWrite: () => {} });
  await log.append([whole({ key: 'k0' })]);
  const full = join(directory, '000000000002.log');
  symlinkSync('/dev/full', full);
  await log.cut();
  const behind = log.append([whole({ key: 'k1' })]).catch((error: unknown) => error);
  await nextTurn();
  const refused = log.append([counters({ key: 'k1', updatedAt: 7 })]);
  await expect(refused).rejects.toMatchObject({ code: 'store_failed' });
  expect(await behind).toMatchObject({ code: 'store_failed' });
  rmSync(full);
  await log.append([whole({ key: 'k1', updatedAt: 8 })]);
  await log.close();
  expect(entriesIn().map(({ type }) => type)).toEqual(['whole', 'whole']);
});

test('a session whose row failed to be written stays in the log until it has one, whoever tries again', async () => {
  const rows = new Set<string>();
  const attempts: PromiseWithResolvers<void>[] = [];
  const behind = await openSessionsBehind({
    directory,
    async writeRows(changes) {
      const attempt = Promise.withResolvers<void>();
      attempts.push(attempt);
      await attempt.promise;
      for (const change of changes) if (change.type === 'session') rows.add(change.session.key);
    },
    readRows: async () => [],
    onWrite: () => {},
    logBytes: 1,
  });
  // Its one batch is on its way when the log is to be cut.
  const keys = Array.from({ length: 1000 }, (_, n) => `first-${n}`);
  const written = behind.write(keys.map((key) => whole({ key })));
  const asked = behind.settle('all').catch(() => {});
  await written;
  await until(() => attempts.length === 1);
  await behind.write([whole({ key: 'second' })]);
  const before = files();
  await until(() => files().length > before.length || files().length > 1);
  attempts[0]?.reject(new OssiaError('store_failed', 'На диске нет места.'));
  await asked;
  for (let n = 1; files().length > 1; n++) {
    await until(() => attempts.length > n || files().length === 1);
    attempts[n]?.resolve();
  }
  expect(rows.size).toBe(1001);
  const closing = behind.close();
  for (const attempt of attempts) attempt.resolve();
  await closing;
});

test('counters without the whole session in the log go onto its row', async () => {
  const first = await openStore({ directory });
  await first.write([{ type: 'session', session: session({ plan: 'row' }) }]);
  await first.close();
  const log = openSessionLog({ directory: join(directory, 'sessions-log'), onWrite: () => {} });
  await log.append([counters({ updatedAt: 9, inputOctets: 77 })]);
  await log.close();

  const again = await openStore({ directory });
  expect(await again.openSessions()).toEqual([session({ plan: 'row', updatedAt: 9, inputOctets: 77 })]);
  await again.close();
});

test('what little is written has its row in a while, and its file is dropped', async () => {
  const file = join(directory, 'ossia.db');
  const commits = await openGroupCommit({ file, onCommit: () => {}, onDeath: () => {} });
  const log = join(directory, 'sessions-log');
  const readRows = async () => [];
  const behind = await openSessionsBehind({
    directory: log,
    writeRows: commits.write,
    readRows,
    onWrite: () => {},
    logMs: 50,
  });
  await behind.write([whole({ plan: 'тариф' })]);
  expect([...readFrames(log)]).toHaveLength(1);

  const reader = new DatabaseSync(file, { readOnly: true });
  await until(() => Number(reader.prepare('SELECT count(*) AS n FROM live_sessions').get()?.['n']) === 1);
  await until(() => [...readFrames(log)].length === 0);
  await behind.write([counters({ updatedAt: 9 })]);
  await until(
    () =>
      String(reader.prepare('SELECT body FROM live_sessions').get()?.['body']) ===
      sessionText(session({ plan: '', updatedAt: 9 })),
  );
  reader.close();
  await behind.close();
  await commits.close();
});

test('while sessions get no rows the log grows to its limit and no further, says so, and all that was taken is there', async () => {
  const log = join(directory, 'sessions-log');
  const rows = new Map<string, Session>();
  const said: string[] = [];
  let isBroken = true;
  const behind = await openSessionsBehind({
    directory: log,
    async writeRows(changes) {
      if (isBroken) throw new OssiaError('store_failed', 'На диске нет места.');
      for (const change of changes) if (change.type === 'session') rows.set(change.session.key, change.session);
    },
    readRows: async () => [],
    onWrite: () => {},
    warn: (message) => said.push(message),
    logBytes: 1_000,
    mostLogBytes: 10_000,
    againMs: 5,
  });
  const taken: string[] = [];
  let refused: unknown;
  for (let n = 0; refused === undefined && n < 1_000; n++) {
    const key = `bras-1|${n}|Иванов|1795262400`;
    await behind.write([whole({ key })]).then(
      () => void taken.push(key),
      (error: unknown) => {
        refused = error;
      },
    );
    await nextTurn();
  }
  expect(refused).toMatchObject({ code: 'store_failed', message: expect.stringContaining('На диске нет места') });
  expect(taken.length).toBeGreaterThan(10);
  const bytes = (): number => readdirSync(log).reduce((sum, name) => sum + readFileSync(join(log, name)).length, 0);
  expect(bytes()).toBeLessThan(11_000);
  expect(behind.trouble()).toMatch(/log is full .* accounting is not answered/);
  expect(said).toEqual([
    expect.stringMatching(/^sessions cannot be written to the database, and their log grows .*На диске нет места/),
    expect.stringMatching(/^the session log is full/),
  ]);

  isBroken = false;
  await until(() => behind.trouble() === '');
  expect(said.at(-1)).toContain('written to the database again');
  expect([...rows.keys()].sort()).toEqual(taken.sort());
  await behind.write([whole({ key: 'bras-1|later|Иванов|1795262400' })]);
  await behind.close();
  expect(rows.size).toBe(taken.length + 1);
});

test('what was read back after a crash is not read again after the next one', async () => {
  const log = openSessionLog({ directory: join(directory, 'sessions-log'), onWrite: () => {} });
  await log.append([whole({ plan: 'тариф' }), counters({ key: 'bras-1|2|nobody|1', updatedAt: 9 })]);
  await log.close();

  const store = await openStore({ directory });
  expect([...readFrames(join(directory, 'sessions-log'))]).toEqual([]);
  expect(await store.openSessions()).toEqual([session({ plan: 'тариф' })]);
  await store.close();
});

test('a database of the first shape keeps its sessions, live and closed', async () => {
  const shape = new URL('../../../core/store/sqlite/migrations/0001.sql', import.meta.url);
  const database = new DatabaseSync(join(directory, 'ossia.db'));
  database.exec(`${readFileSync(shape, 'utf8')}; PRAGMA user_version = 1;`);
  const old = {
    key: 'b|1|u|1',
    nas: 'b',
    userName: 'u',
    userId: '7',
    framedIp: '10.1.2.3',
    startedAt: 1000,
    endedAt: 0,
  };
  const insert = database.prepare('INSERT INTO sessions (key, nas, ended_at, body) VALUES (?, ?, ?, ?)');
  insert.run('b|1|u|1', 'b', 0, JSON.stringify(old));
  const closed = { ...old, key: 'b|2|u|1', endedAt: 5000, callingStationId: 'AA-BB-CC-00-00-01' };
  insert.run('b|2|u|1', 'b', 5000, JSON.stringify(closed));
  database.close();

  const store = await openStore({ directory });
  const where = [{ column: 'mac', op: 'eq', value: 'aabbcc000001' } as const];
  const [cdr] = await store.cdrs({ where, newestFirst: true, limit: 5 });
  expect(await store.openSessions()).toMatchObject([{ ...old, id: expect.stringMatching(/^[0-9a-f]{20}$/), plan: '' }]);
  expect(cdr).toMatchObject({ ...closed, inferred: '', fields: {} });
  expect(
    await store.cdrs({ where: [{ column: 'id', op: 'eq', value: cdr?.id ?? '' }], newestFirst: true, limit: 5 }),
  ).toEqual([cdr]);
  await store.close();
});

test('every answered packet is there after the process was killed in the middle, three times over', async () => {
  const answered = new Map<string, number>();
  for (let round = 0; round < 3; round++) await loadAndKill(round, answered);

  const store = await openStore({ directory });
  const live = await store.openSessions();
  const closed = await store.cdrs({ where: [], newestFirst: false, limit: 100_000 });
  const octets = new Map([...live, ...closed].map(({ acctSessionId, inputOctets }) => [acctSessionId, inputOctets]));
  await store.close();

  expect(answered.size).toBeGreaterThan(300);
  expect([...answered].filter(([id, phase]) => (octets.get(id) ?? -1) < phase)).toEqual([]);
  expect(live.length + closed.length).toBe(
    new Set([...live, ...closed].map(({ acctSessionId }) => acctSessionId)).size,
  );
}, 60_000);

/** Sends whole lives of sessions and kills the server while it answers; keeps the last phase of each that was answered. */
async function loadAndKill(round: number, answered: Map<string, number>): Promise<void> {
  const program = new URL('../../support/accounting-process.ts', import.meta.url).pathname;
  const child = spawn(nodeBin, [program, JSON.stringify({ directory })], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [ready] = (await once(lines, 'line')) as [string];
  const { ready: port } = JSON.parse(ready) as { ready: number };
  lines.on('line', () => {});
  const clients = await Promise.all(Array.from({ length: 8 }, () => openAccountingClient(port)));
  const statuses = [1, 3, 3, 2] as const;
  const before = answered.size;
  try {
    for (let wave = 0; wave < 4; wave++)
      for (const [phase, status] of statuses.entries())
        for (const [line, client] of clients.entries())
          for (let n = 0; n < 16; n++) {
            const id = `${round}-${line}-${wave}-${n}`;
            const at = Math.floor(Date.now() / 1000) + phase;
            const identifier = (wave * 64 + phase * 16 + n) % 256;
            const attributes = [
              [40, status],
              [44, id],
              [1, `абонент-${id}`],
              [55, at],
              [46, phase],
              [42, phase],
            ] as const;
            client.send(accountingRequest({ identifier, attributes }));
          }
    await until(() => clients.reduce((sum, { received }) => sum + received.length, 0) > 700 + round * 300, 20_000);
  } finally {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }
  for (const [line, client] of clients.entries()) {
    for (const response of client.received) {
      const identifier = response[1] as number;
      const [wave, phase, n] = [identifier >> 6, (identifier >> 4) & 3, identifier & 15];
      const id = `${round}-${line}-${wave}-${n}`;
      answered.set(id, Math.max(answered.get(id) ?? 0, phase));
    }
    await client.close();
  }
  expect(answered.size).toBeGreaterThan(before);
}
