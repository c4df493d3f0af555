// RADIUS accounting into the whole daemon: radclient sends, the box gets the hooks, the profile can switch them off.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attributeText, startCoaBox } from '#test/support/coa-box.ts';
import { writeProbePlugin } from '#test/support/probe-plugin.ts';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

async function world(more: Readonly<Record<string, unknown>> = {}) {
  const seen: string[] = [];
  const box = await startCoaBox((packet) => {
    seen.push(`${attributeText(packet, 1)} ${attributeText(packet, 11)}`);
    return true;
  });
  onTestFinished(() => box.close());
  const site = createSite({ plugins: 'plugins' });
  onTestFinished(() => site.close());
  writeProbePlugin(join(site.directory, 'plugins'));
  site.profile('bras', {
    plugin: 'probe',
    match: { nas_ip: '10.0.0.1' },
    transports: { coa: { host: '127.0.0.1', port: box.port, secret: box.secret } },
    radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    ...more,
  });
  const daemon = await site.start();
  await daemon.fire({
    hook: 'user_add',
    account: { user_id: '1', login: 'алиса', ip: '10.1.2.3', nas_ip: '10.0.0.1' },
  });
  await until(() => seen.includes('алиса user_add'));
  const account = (status: string, session: string, login = 'алиса', secret = 'accounting-secret') =>
    radclient({
      port: daemon.accountingPort,
      secret,
      tries: 1,
      packets: [
        [
          `Acct-Status-Type = ${status}`,
          `Acct-Session-Id = "${session}"`,
          `User-Name = "${login}"`,
          'NAS-IP-Address = 10.0.0.1',
          'Framed-IP-Address = 10.1.2.3',
        ],
      ],
    });
  const jobs = async () =>
    ((await daemon.call('GET', '/v1/jobs?limit=50')).body as { jobs: { hook: string; state: string }[] }).jobs;
  return { seen, daemon, account, jobs };
}

test('Start and Stop of a known account become user_auth and user_disconnect on its box, each once', async () => {
  const { seen, account, jobs } = await world();
  expect((await account('Start', '81000001')).output).toContain('Received Accounting-Response');
  await until(() => seen.includes('алиса user_auth'));
  expect((await account('Start', '81000001')).code).toBe(0);
  expect((await account('Interim-Update', '81000001')).code).toBe(0);
  expect((await account('Stop', '81000001')).code).toBe(0);
  await until(() => seen.includes('алиса user_disconnect'));
  expect((await account('Stop', '81000001')).code).toBe(0);
  await until(async () => (await jobs()).every(({ state }) => state === 'done'));
  expect((await jobs()).map(({ hook }) => hook)).toEqual(['user_disconnect', 'user_auth', 'user_add']);
});

test('a session of nobody that the billing knows is kept and fires nothing', async () => {
  const { daemon, jobs } = await world();
  const packet = [
    'Acct-Status-Type = Start',
    'Acct-Session-Id = "1"',
    'User-Name = "nobody"',
    'NAS-IP-Address = 10.0.0.1',
  ];
  const { code } = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets: [packet] });
  expect(code).toBe(0);
  expect(await jobs()).toHaveLength(1);
});

test('a profile switches off what its accounting fires', async () => {
  const { account, jobs } = await world({ fire_auth_on_start: false, fire_disconnect_on_stop: false });
  expect((await account('Start', '81000001')).code).toBe(0);
  expect((await account('Stop', '81000001')).code).toBe(0);
  expect(await jobs()).toHaveLength(1);
});

test('a packet with the wrong secret is not answered and is counted', async () => {
  const { daemon, account, jobs } = await world();
  const { output } = await account('Stop', '81000001', 'алиса', 'forged-secret');
  expect(output).not.toContain('Received Accounting-Response');
  expect(String((await daemon.call('GET', '/metrics')).body)).toMatch(
    /ossia_accounting_packets_total\{result="authenticator"\} [1-9]/,
  );
  expect(await jobs()).toHaveLength(1);
});
