// Whole states and the billing's own sequences in the whole daemon, over a simulated router: what the box has in the end, and how often it was written.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator } from '../../plugins/mikrotik/simulator.ts';

const account = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', auth_type: '1', nas_ip: '10.0.0.1' };

async function world() {
  const site = createSite({ retry: { first: '100ms' } });
  onTestFinished(() => site.close());
  const writes: string[] = [];
  /** Puts a router in the place of the one before. */
  const plug = async (state: unknown = {}) => {
    const box = await startSimulator({ state });
    let isClosed = false;
    const unplug = async () => {
      if (!isClosed) await box.close();
      isClosed = true;
    };
    onTestFinished(unplug);
    box.onExchange(({ received }) => {
      if (!/\/print\b/.test(received)) writes.push(received);
    });
    const limits = { breaker: { probe: '100ms' } };
    site.profile('bras', { plugin: 'mikrotik', match: { nas_ip: '10.0.0.1' }, transports: box.transports, limits });
    return { ...box, unplug };
  };
  const box = await plug();
  const daemon = await site.start();
  const jobs = async () =>
    (
      (await daemon.call('GET', '/v1/jobs?limit=100')).body as { jobs: { state: string; hook: string }[] }
    ).jobs.toReversed();
  const settled = (states: readonly string[]) =>
    until(async () => {
      const all = (await jobs()).map(({ state }) => state);
      return JSON.stringify(all) === JSON.stringify(states);
    }, 20_000);
  const allDone = () => until(async () => (await jobs()).every(({ state }) => state === 'done'), 20_000);
  return { site, daemon, box, plug, writes, jobs, settled, allDone };
}

const rate = (speed: string, usluga_id: string) => ({
  hook: 'user_rate_set',
  account: { ...account, rate_in: speed, rate_out: speed, usluga_id },
});
/** As the billing does it: the old speed twice, and the new one, without the service, when traffic comes. */
const tariffChange = [rate('10240', '77'), rate('10240', '78'), rate('51200', '')];
const queueOf = (state: unknown) => (state as Record<string, Record<string, string>[]>)['/queue/simple']?.[0];

test('the three speeds of a tariff change are one write on the box', async () => {
  const { daemon, box, writes, allDone } = await world();
  await daemon.fire({ hook: 'user_add', account }, rate('10240', ''));
  await allDone();
  writes.length = 0;
  for (const event of tariffChange) {
    await daemon.fire(event);
    await allDone();
  }
  expect(writes.map((text) => text.split(' ')[0])).toEqual(['/queue/simple/set']);
  expect(queueOf(box.state())).toMatchObject({ 'max-limit': '51200000/51200000' });
}, 60_000);

test('they are one job when the box is dead meanwhile', async () => {
  const { daemon, box, plug, writes, allDone, settled } = await world();
  await daemon.fire({ hook: 'user_add', account }, rate('10240', ''));
  await allDone();
  const state = box.state();
  await box.unplug();
  await daemon.fire(rate('9', '1'));
  for (const event of tariffChange) await daemon.fire(event);
  await until(async () => {
    const { body } = await daemon.call('GET', '/v1/jobs?state=superseded');
    return (body as { jobs: unknown[] }).jobs.length === 3;
  }, 20_000);
  writes.length = 0;
  const after = await plug(state);
  await settled(['done', 'done', 'superseded', 'superseded', 'superseded', 'done']);
  expect(writes.map((text) => text.split(' ')[0])).toEqual(['/queue/simple/set']);
  expect(queueOf(after.state())).toMatchObject({ 'max-limit': '51200000/51200000' });
}, 60_000);

test('a state makes the box so, moves the account with all it must know, and the bin leaves nothing', async () => {
  const { daemon, box, jobs, allDone } = await world();
  const state = { variables: account, accept: true, redirect: true, rate: { rate_in: 10_240, rate_out: 20_480 } };
  const put = async (body: unknown, query = '') => (await daemon.call('PUT', `/v1/accounts/1001${query}`, body)).body;
  const planned = await put(state, '?dry_run=true');
  expect(JSON.stringify(planned)).toMatch(/\/ip\/firewall\/address-list\/add.*10\.1\.2\.3/);
  expect(box.state()).toEqual({});
  await put(state);
  await allDone();
  expect(JSON.stringify(box.state())).toMatch(/crb_auth.*10\.1\.2\.3/);
  expect(JSON.stringify(box.state())).toMatch(/crb_negbal.*10\.1\.2\.3/);

  await put({ ...state, variables: { ...account, ip: '10.1.2.77' } });
  await allDone();
  const moved = JSON.stringify(box.state());
  expect(moved).not.toMatch(/10\.1\.2\.3\b/);
  expect(moved.match(/10\.1\.2\.77/g)?.length).toBeGreaterThanOrEqual(3);
  expect(queueOf(box.state())).toMatchObject({ 'max-limit': '10240000/20480000' });

  await put({ variables: { ...account, ip: '10.1.2.77', deleted: '1' } });
  await allDone();
  expect(box.state()).toEqual({});
  const hooks = ['user_add', 'user_rate_set', 'user_redirect', 'user_accept'];
  expect((await jobs()).map(({ hook }) => hook)).toEqual([...hooks, 'user_del', ...hooks, 'user_del']);
  expect(String((await daemon.call('GET', '/metrics')).body)).toMatch(
    /ossia_events_total\{.*hook="account_put".*\} 3\n/,
  );
}, 60_000);

test('ossia accounts put and import take states from files, and say what is wrong with them', async () => {
  const { site, daemon, box, jobs, allDone } = await world();
  const file = join(site.directory, 'state.json');
  writeFileSync(file, JSON.stringify({ variables: account, accept: false }));
  const plan = await daemon.cli('accounts', 'put', '1001', '--file', file, '--dry-run');
  expect(plan.out).toMatch(/user_add on bras.*user_drop on bras.*Nothing was changed/s);
  expect(plan.code).toBe(0);
  const first = await daemon.cli('accounts', 'put', '1001', '--file', file);
  expect(first).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^taken: event .* version 1\n {2}job 1 user_add\n {2}job 2 user_drop\n$/),
  });
  const again = await daemon.cli('accounts', 'put', '1001', '--file', file);
  expect(again).toMatchObject({ code: 0, out: 'nothing to do: it is so in version 1\n' });
  await allDone();

  const lines = Array.from({ length: 3_000 }, (_, n) => {
    const variables = {
      ...account,
      user_id: String(2_000 + n),
      login: `абонент-${n}`,
      ip: `10.2.${n >> 8}.${n & 255}`,
    };
    return JSON.stringify({ user_id: 2_000 + n, variables });
  });
  const many = join(site.directory, 'accounts.ndjson');
  writeFileSync(many, `${[...lines, '{"user_id": 7, "variables": {"ip": "нет", "nas_ip": "10.0.0.1"}}'].join('\n')}\n`);
  const dry = await daemon.cli('accounts', 'import', many, '--dry-run');
  expect(dry.out).toContain('3,001 lines: 3,000 accounts would be taken, 0 unchanged, 3,000 jobs, 1 lines wrong');
  const stored = await daemon.cli('accounts', 'import', many, '--no-jobs');
  expect(stored).toMatchObject({
    code: 1,
    out: expect.stringContaining('3,000 accounts taken, 0 unchanged, 0 jobs, 1 lines wrong'),
  });
  expect(stored.out).toContain('line 3001 (7): /variables/ip expected an IPv4 or IPv6 address');
  const same = await daemon.cli('accounts', 'import', many, '--json');
  expect(JSON.parse(same.out)).toMatchObject({ taken: 0, unchanged: 3_000, jobs: 0, rejected: 1 });
  expect(await jobs()).toHaveLength(2);
  expect(JSON.stringify(box.state())).not.toContain('10.2.');
  expect(await daemon.cli('accounts', 'import', join(site.directory, 'none'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('cannot be read'),
  });
}, 90_000);
