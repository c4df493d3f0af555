// Our Disconnect against hostapd, a NAS that others wrote: it wants Message-Authenticator and Event-Timestamp, and cuts for real.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CoaCalls, CoaResult } from '#test/support/coa-calls.ts';
import { type Hostapd, startHostapd } from '#test/support/hostapd.ts';
import { until } from '#test/support/until.ts';

let hostapd: Hostapd;

beforeAll(async () => {
  hostapd = await startHostapd();
  await hostapd.logIn();
});
afterAll(() => hostapd?.close());

async function call(request: Omit<CoaCalls, 'deadlineMs'> & { readonly deadlineMs?: number }): Promise<CoaResult[]> {
  const input = JSON.stringify({ deadlineMs: 5_000, ...request });
  return JSON.parse(
    await hostapd.namespace.exec(process.execPath, ['test/support/coa-calls.ts'], { input }),
  ) as CoaResult[];
}

function config(more: Record<string, unknown> = {}) {
  return { host: '127.0.0.1', port: hostapd.dasPort, secret: hostapd.secret, timeouts: { initial: '200ms' }, ...more };
}

test('a box that requires Message-Authenticator and Event-Timestamp does not hear us without them', async () => {
  const calls = [{ method: 'disconnect', attributes: { 'User-Name': hostapd.user } }] as const;
  for (const omitted of [{ message_authenticator: false }, { event_timestamp: false }, { secret: 'wrong' }]) {
    const [result] = await call({ config: config(omitted), calls, deadlineMs: 500 });
    expect(result, JSON.stringify(omitted)).toMatchObject({ code: 'nas_timeout' });
  }
  expect(hostapd.output()).not.toContain('AP-STA-DISCONNECTED');
});

test('what the box refuses becomes the code that tells why', async () => {
  const [unknown, foreign, unsupported, coa] = await call({
    config: config(),
    calls: [
      { method: 'disconnect', attributes: { 'User-Name': 'nobody' } },
      { method: 'disconnect', attributes: { 'User-Name': hostapd.user, 'NAS-IP-Address': '10.9.9.9' } },
      { method: 'disconnect', attributes: { 'User-Name': hostapd.user, 'Mikrotik-Rate-Limit': '1M/1M' } },
      // It knows no change of authorization but policies of Wi-Fi.
      { method: 'coa', attributes: { 'User-Name': hostapd.user } },
    ],
  });
  expect(unknown).toMatchObject({ code: 'session_not_found', said: 'Session-Context-Not-Found (503)' });
  expect(foreign).toMatchObject({ code: 'nas_refused', said: 'NAS-Identification-Mismatch (403)' });
  expect(unsupported).toMatchObject({ code: 'nas_refused', details: { errorCause: 401 } });
  expect(coa).toMatchObject({ code: 'nas_refused', details: { errorCause: 402 } });
  expect(hostapd.output()).not.toContain('AP-STA-DISCONNECTED');
});

test('a subscriber is cut by a Disconnect-Request, and the box reports the end of the session', async () => {
  const sessionId = await until(
    async () =>
      /Acct-Status-Type = Start[\s\S]*?Acct-Session-Id = "(\w+)"/.exec(
        await hostapd.freeradius.readLog('acct-detail'),
      )?.[1],
  );
  const [cut, again] = await call({
    // hostapd signs its answers too: so they can be required.
    config: config({ require_message_authenticator: true }),
    calls: [
      { method: 'disconnect', attributes: { 'User-Name': hostapd.user, 'Acct-Session-Id': sessionId } },
      { method: 'disconnect', attributes: { 'User-Name': hostapd.user, 'Acct-Session-Id': sessionId } },
    ],
  });
  expect(cut).toMatchObject({ answer: { code: 'Disconnect-ACK' } });
  expect(cut?.exchanges[0]).toContain(`User-Name="${hostapd.user}" Acct-Session-Id="${sessionId}"`);
  expect(again).toMatchObject({ code: 'session_not_found' });
  await until(() => hostapd.output().includes('AP-STA-DISCONNECTED'));
  const stop = await until(async () => {
    const records = (await hostapd.freeradius.readLog('acct-detail')).split('\n\n');
    return records.find((record) => record.includes('Acct-Status-Type = Stop') && record.includes(sessionId));
  });
  expect(stop).toContain(`User-Name = "${hostapd.user}"`);
});
