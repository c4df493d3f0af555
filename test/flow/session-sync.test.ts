// The whole daemon, radclient's accounting and a simulated router: what the router lists decides who is still online.
import { expect, onTestFinished, test } from 'vitest';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

const rows = [
  { name: 'алиса', address: '10.1.2.3', uptime: '1m', 'session-id': '0x81000001' },
  { name: 'eve', address: '10.1.2.9', uptime: '1h', 'session-id': '0x81000009' },
];

async function world(sessions: Readonly<Record<string, unknown>>) {
  const simulator = await startSimulator({ state: { '/ppp/active': rows } });
  let isClosed = false;
  const unplug = async () => {
    if (!isClosed) await simulator.close();
    isClosed = true;
  };
  onTestFinished(unplug);
  const site = createSite();
  onTestFinished(() => site.close());
  const { routeros } = simulator.transports;
  site.profile('bras', {
    plugin: 'mikrotik',
    match: { nas_ip: '10.0.0.1' },
    transports: { routeros },
    radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    sessions,
  });
  const daemon = await site.start();
  const start = (session: string, login: string) => [
    'Acct-Status-Type = Start',
    `Acct-Session-Id = "${session}"`,
    `User-Name = "${login}"`,
    'NAS-IP-Address = 10.0.0.1',
  ];
  const packets = [start('81000001', 'алиса'), start('81000002', 'bob')];
  const { code, output } = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets });
  expect(code, output).toBe(0);
  return { daemon, unplug };
}

test('nas sync adopts what only the box knows, closes what it lost the second time, and says when it is dead', async () => {
  const { daemon, unplug } = await world({ grace: '0s' });
  const sync = async () => (await daemon.call('POST', '/v1/nas/bras/sync', {})).body;
  expect(await sync()).toMatchObject({ result: 'done', live: 2, listed: 2, closed: 0, adopted: 1, missing: 1 });
  const again = await daemon.cli('nas', 'sync', 'bras');
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('3 live, 2 listed: 1 closed, 0 adopted') });
  expect(await sync()).toMatchObject({ result: 'done', live: 2, listed: 2, closed: 0, adopted: 0, missing: 0 });
  await unplug();
  expect(await sync()).toMatchObject({ result: 'unreachable', live: 2, closed: 0 });
  expect(String((await daemon.call('GET', '/metrics')).body)).toMatch(
    /ossia_session_synced_total\{nas="bras",what="closed"\} 1\n/,
  );
}, 60_000);
