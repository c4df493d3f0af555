// Accounting as radclient sends it: its authenticators, its encoding, its retransmissions.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type AccountingStage, startAccountingStage } from '#test/support/accounting-stage.ts';
import { radclient } from '#test/support/radclient.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const account = { user_id: '1001', login: 'Иванов', ip: '10.1.2.3', nas_ip: '10.0.0.1', name: 'Пётр' };
const session = [
  'User-Name = "Иванов"',
  'Acct-Session-Id = "81000001"',
  'NAS-IP-Address = 10.0.0.1',
  'Framed-IP-Address = 10.1.2.3',
  'Framed-IPv6-Prefix = 2001:db8:7::/64',
  'Mikrotik-Rate-Limit = "10M/50M"',
];

let stage: AccountingStage;
beforeEach(async () => {
  stage = await startAccountingStage({ directory: tempDir(), accounts: [account] });
});
afterEach(() => stage.close());

const send = (...packets: readonly (readonly string[])[]) => radclient({ port: stage.listener.port, packets });

test('Start, Interim and Stop of radclient become one closed session, and the account goes on and off', async () => {
  const counters = ['Acct-Input-Octets = 5', 'Acct-Input-Gigawords = 1', 'Acct-Output-Octets = 4294967295'];
  const sent = [
    await send([...session, 'Acct-Status-Type = Start']),
    await send([...session, 'Acct-Status-Type = Interim-Update', 'Acct-Session-Time = 60']),
    await send([
      ...session,
      ...counters,
      'Acct-Status-Type = Stop',
      'Acct-Session-Time = 90',
      'Acct-Terminate-Cause = 2',
    ]),
  ];

  for (const { code, output } of sent) {
    expect(output).toContain('Received Accounting-Response');
    expect(code).toBe(0);
  }
  expect(await stage.store.lastSession('nas|81000001|Иванов|')).toMatchObject({
    userId: '1001',
    framedIp: '10.1.2.3',
    framedIpv6Prefix: '2001:db8:7::/64',
    inputOctets: 2 ** 32 + 5,
    outputOctets: 2 ** 32 - 1,
    sessionTime: 90,
    terminateCause: 2,
  });
  expect(await stage.store.openSessions()).toEqual([]);
  expect(stage.told).toMatchObject([
    { hook: 'user_auth', account: { ...account, acct_session_id: '81000001' } },
    { hook: 'user_disconnect', account: { user_id: '1001' } },
  ]);
});

test('a packet with Message-Authenticator gets an answer that radclient accepts', async () => {
  const { code, output } = await send([...session, 'Acct-Status-Type = Start', 'Message-Authenticator = 0x00']);

  expect(code).toBe(0);
  expect(output).toContain('Received Accounting-Response');
});

test('Proxy-State comes back to radclient', async () => {
  const { output } = await send([
    ...session,
    'Acct-Status-Type = Start',
    'Proxy-State = 0x6f6e65',
    'Proxy-State = 0x74776f',
  ]);

  expect(output).toMatch(/Received Accounting-Response[\s\S]*Proxy-State = 0x6f6e65\s+Proxy-State = 0x74776f/);
});

test('a wrong secret gets no answer, however often radclient tries', async () => {
  const packets = [[...session, 'Acct-Status-Type = Stop']];

  const { code, output } = await radclient({ port: stage.listener.port, packets, secret: 'wrong', tries: 2 });

  expect(code).not.toBe(0);
  expect(output).toContain('No reply from server');
  expect(stage.listener.stats()).toMatchObject({ received: 2, answered: 0, dropped: { authenticator: 2 } });
  expect(stage.records).toEqual([]);
});

test('Status-Server of radclient is answered', async () => {
  const { code, output } = await radclient({
    port: stage.listener.port,
    packets: [['Message-Authenticator = 0x00']],
    command: 'status',
  });

  expect(output).toContain('Received Accounting-Response');
  expect(code).toBe(0);
  expect(stage.listener.stats().statusServer).toBe(1);
});

test('a vendor status is acknowledged, so that the box stops asking', async () => {
  const { code } = await send([...session, 'Acct-Status-Type = 15']);

  expect(code).toBe(0);
  expect(stage.listener.stats().ignored).toBe(1);
});

test('a thousand sessions are all on disk once radclient has its answers', async () => {
  const starts = Array.from({ length: 1000 }, (_, index) => [
    `User-Name = "user-${index}"`,
    `Acct-Session-Id = "${index}"`,
    'Acct-Status-Type = Start',
  ]);

  expect((await send(...starts)).code).toBe(0);

  expect(await stage.store.openSessions()).toHaveLength(1000);
});
