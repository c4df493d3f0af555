// The whole daemon, radclient's accounting and a simulated accel-ppp: what accel-cmd lists decides who is online, and a half list nothing.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';
import { startSimulator } from '../../plugins/accel-ppp/simulator.ts';

const model = new URL('../../nas-profiles/models/accel-ppp.yaml', import.meta.url).pathname;

const sessions = [
  { sid: '8f1c2d3e4a5b6c70', username: 'алиса', ip: '10.1.2.3', uptime: 60 },
  { sid: '8f1c2d3e4a5b6c79', username: 'eve | mallory', ip: '10.1.2.9', uptime: 3600 },
  { sid: '8f1c2d3e4a5b6c7a', state: 'start' },
];

async function world(config: Readonly<Record<string, unknown>>) {
  const simulator = await startSimulator({ state: { sessions, config } });
  onTestFinished(() => simulator.close());
  const site = createSite();
  onTestFinished(() => site.close());
  cpSync(model, join(site.directory, 'nas-profiles/models/accel-ppp.yaml'));
  site.profile('bras', {
    extends: 'accel-ppp',
    match: { nas_ip: '10.0.0.1' },
    transports: simulator.transports,
    radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    sessions: { grace: '0s' },
  });
  const daemon = await site.start();
  const start = (session: string, login: string) => [
    'Acct-Status-Type = Start',
    `Acct-Session-Id = "${session}"`,
    `User-Name = "${login}"`,
    'NAS-IP-Address = 10.0.0.1',
  ];
  const packets = [start('8f1c2d3e4a5b6c70', 'алиса'), start('8f1c2d3e4a5b6c71', 'bob')];
  const { code, output } = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets });
  expect(code, output).toBe(0);
  return { daemon, simulator };
}

test('nas sync adopts who is logged in, not who begins, and closes what the second list has not got either', async () => {
  const { daemon } = await world({});
  const sync = async () => (await daemon.call('POST', '/v1/nas/bras/sync', {})).body;
  expect(await sync()).toMatchObject({ result: 'done', live: 2, listed: 3, closed: 0, adopted: 1, missing: 1 });
  const again = await daemon.cli('nas', 'sync', 'bras');
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('3 live, 3 listed: 1 closed, 0 adopted') });
  const { body } = await daemon.call('GET', '/v1/sessions?login=eve%20%7C%20mallory');
  expect(body).toMatchObject({ sessions: [{ acct_session_id: '8f1c2d3e4a5b6c79', framed_ip: '10.1.2.9' }] });
}, 60_000);

test('a session is ended by the name and id that accel-ppp has for it', async () => {
  const { daemon, simulator } = await world({});
  await daemon.call('POST', '/v1/events', {
    hook: 'user_del',
    account: { user_id: '1001', login: 'eve | mallory', nas_ip: '10.0.0.1' },
  });
  await expect
    .poll(() => simulator.state(), { timeout: 20_000 })
    .toEqual({
      sessions: [{ sid: '8f1c2d3e4a5b6c70', username: 'алиса', ip: '10.1.2.3' }, { sid: '8f1c2d3e4a5b6c7a' }],
    });
}, 60_000);

test('a list that breaks off closes nobody, however often it comes', async () => {
  // Header, rule and one row.
  const { daemon } = await world({ breaks_after: 3 });
  const sync = async () => (await daemon.call('POST', '/v1/nas/bras/sync', {})).body;
  for (let round = 0; round < 3; round += 1)
    expect(await sync()).toMatchObject({ result: 'failed', live: 2, closed: 0 });
}, 60_000);
