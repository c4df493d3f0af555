// Genuine accounting of a real NAS: hostapd lets a subscriber in, our stage hears of it inside the same network namespace.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import type { SessionChange } from '#core/ingest/ingest.ts';
import { openStore } from '#core/store/sqlite/open-store.ts';
import { type Hostapd, startHostapd } from '#test/support/hostapd.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

const accountingPort = 31_813;
let hostapd: Hostapd;

beforeAll(async () => {
  hostapd = await startHostapd({ accountingPort, interimInterval: 1, user: 'bob' });
});
afterAll(() => hostapd?.close());

async function startOurs(directory: string) {
  const options = { directory, port: accountingPort, accounts: [{ user_id: '1001', login: 'bob' }] };
  const program = [process.execPath, 'test/support/accounting-process.ts', JSON.stringify(options)];
  const child = spawn('ip', ['netns', 'exec', hostapd.namespace.name, ...program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const records: AccountingRecord[] = [];
  const told: SessionChange[] = [];
  let ready = false;
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as { record?: AccountingRecord; told?: SessionChange; ready?: number };
    if (line.record) records.push(line.record);
    if (line.told) told.push(line.told);
    if (line.ready) ready = true;
  });
  await until(() => ready);
  return {
    records,
    told,
    async close() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

async function cut(): Promise<void> {
  const input = JSON.stringify({
    config: { host: '127.0.0.1', port: hostapd.dasPort, secret: hostapd.secret },
    calls: [{ method: 'disconnect', attributes: { 'User-Name': hostapd.user } }],
    deadlineMs: 5_000,
  });
  await hostapd.namespace.exec(process.execPath, ['test/support/coa-calls.ts'], { input });
}

test('hostapd is answered from its Accounting-On to its Stop, and the subscriber goes on and off', async () => {
  const directory = tempDir();
  const ours = await startOurs(directory);
  try {
    // It was up before us: what it has said meanwhile, it says again.
    await until(() => ours.records.some(({ status }) => status === 'on'), 40_000);
    await hostapd.logIn();
    await until(() => ours.records.some(({ status }) => status === 'interim'), 20_000);
    // The supplicant just goes quiet when it is stopped; the box reports the end when it cuts.
    await cut();
    await until(() => ours.records.some(({ status }) => status === 'stop'), 20_000);
  } finally {
    await ours.close();
  }

  const start = ours.records.find(({ status }) => status === 'start');
  expect(start).toMatchObject({ userName: 'bob', nasIdentifier: 'hostapd-nas', timestamped: true });
  expect(ours.told.map(({ hook }) => hook)).toEqual(['user_auth', 'user_disconnect']);
  const store = await openStore({ directory });
  try {
    const session = await store.lastSession(`nas|${start?.acctSessionId}|bob|`);
    expect(session).toMatchObject({ userId: '1001', startedAt: start?.at });
    expect(session?.endedAt).toBeGreaterThan(0);
    expect(session?.sessionTime).toBeGreaterThan(0);
  } finally {
    await store.close();
  }
}, 100_000);
