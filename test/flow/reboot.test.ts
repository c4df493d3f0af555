// Accounting-On in the whole daemon: the box has forgotten all that it was told, and is told it again.
import { expect, onTestFinished, test } from 'vitest';
import { radclient } from '#test/support/radclient.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

test('a box that begins anew is filled with what its accounts should have', async () => {
  const site = createSite();
  onTestFinished(() => site.close());
  const plug = async () => {
    const box = await startSimulator();
    onTestFinished(() => box.close());
    site.profile('bras', {
      plugin: 'mikrotik',
      match: { nas_ip: '10.0.0.1' },
      transports: box.transports,
      radius: { secret: site.secret('acct', 'accounting-secret'), addresses: '127.0.0.1' },
    });
    return box;
  };
  const before = await plug();
  const daemon = await site.start();
  const account = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', auth_type: '6', nas_ip: '10.0.0.1' };
  const rates = { rate_in: '10240', rate_out: '20480' };
  await daemon.fire(
    { hook: 'user_add', account },
    { hook: 'user_rate_set', account: { ...account, ...rates } },
    { hook: 'user_drop', account },
  );
  const all = async () => (await daemon.call('GET', '/v1/jobs')).body as { jobs: { state: string; event: string }[] };
  await until(async () => (await all()).jobs.every(({ state }) => state === 'done'));
  const wanted = withoutIds(before.state());
  expect(JSON.stringify(wanted)).toContain('crb_blocked');

  const after = await plug();
  await until(async () => (await daemon.cli('accounts', 'show', '1001', '--actual')).code === 3);
  const packets = [['Acct-Status-Type = Accounting-On', 'NAS-IP-Address = 10.0.0.1', 'Acct-Session-Id = "0"']];
  const sent = await radclient({ port: daemon.accountingPort, secret: 'accounting-secret', packets });
  expect(sent.code, sent.output).toBe(0);
  await until(async () => JSON.stringify(withoutIds(after.state())) === JSON.stringify(wanted), 20_000);
  expect((await all()).jobs.some(({ event }) => event.startsWith('resync:'))).toBe(true);
  expect((await daemon.cli('accounts', 'show', '1001', '--actual')).code).toBe(0);
}, 60_000);

/** Rows of a table in an order of their own: which came first says nothing. */
function withoutIds(state: unknown): unknown {
  const tables = state as Record<string, Record<string, string>[]>;
  return Object.entries(tables)
    .map(([menu, rows]) => [menu, rows.map(({ '.id': _id, ...row }) => JSON.stringify(row)).sort()])
    .sort();
}
