// Plans of the whole daemon over every transport: the box's own language comes back, and neither box nor daemon has changed.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Simulator, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { createSite } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';

const root = new URL('../../', import.meta.url).pathname;

const templates = {
  user_add: [],
  user_drop: [{ coa: { 'Filter-Id': 'blocked' } }],
  user_disconnect: [{ disconnect: {} }],
  user_rate_set: [{ coa: { 'Filter-Id': '{rate_in}' } }],
};

interface Step {
  readonly hook: string;
  readonly nas: string | null;
  readonly outcome: string;
  readonly exchanges: readonly { readonly kind: string; readonly text: string }[];
  readonly unknown: readonly string[];
}

async function siteWith(plugin: string, options: Readonly<Record<string, unknown>> = {}, state: unknown = {}) {
  const { startSimulator } = (await import(join(root, `plugins/${plugin}/simulator.ts`))) as {
    startSimulator: StartSimulator;
  };
  const box: Simulator = await startSimulator({ state });
  let isClosed = false;
  const unplug = async () => {
    if (!isClosed) await box.close();
    isClosed = true;
  };
  onTestFinished(unplug);
  const site = createSite({ accounting: { enabled: false }, retry: { first: '50ms', max: '1s' } });
  onTestFinished(() => site.close());
  const { transports } = box;
  site.profile('box', { plugin, match: { nas_ip: '10.0.0.1' }, transports, options, limits: { deadline: '3s' } });
  return { box, unplug, daemon: await site.start() };
}

const account = {
  user_id: '1001',
  login: 'алиса',
  ip: '10.1.2.3',
  psw: 'пароль-17',
  auth_type: '6',
  nas_ip: '10.0.0.1',
};
const rates = { rate_in: '10240', rate_out: '20480' };

test.each([
  ['mikrotik', {}, {}, '/ip/firewall/address-list/add list=crb_blocked address=10.1.2.3'],
  ['linux', { customers: ['lan'], uplinks: ['wan'], portals: { blocked: '10.0.0.2:8080' } }, {}, 'blocked'],
  ['generic-coa', { hooks: templates }, { sessions: { алиса: {} } }, 'CoA-Request'],
])(
  '%s: every hook can be planned; the box is as before, and no job, event or account is kept',
  async (plugin, options, state, told) => {
    const { box, daemon } = await siteWith(plugin, options, state);
    await daemon.fire({ hook: 'user_add', account }, { hook: 'user_rate_set', account: { ...account, ...rates } });
    await until(async () => {
      const { body } = await daemon.call('GET', '/v1/jobs?state=waiting,running,retrying');
      return (body as { jobs: unknown[] }).jobs.length === 0;
    });
    const before = structuredClone(box.state());
    const jobs = (await daemon.call('GET', '/v1/jobs')).body;
    const known = (await daemon.call('GET', '/v1/accounts/1001')).body;
    const hooks = [...catalogue.values()].filter(({ kind }) => kind === 'change').map(({ name }) => name);
    const events = hooks.map((hook) => ({
      id: `plan-${hook}`,
      hook,
      account: { ...account, rate_in: '1', rate_out: '2', usluga_id: 'тв' },
    }));
    const { status, body } = await daemon.call('POST', '/v1/events?dry_run=true', events);
    expect([status, body]).toMatchObject([200, hooks.map((hook) => ({ steps: [{ hook, nas: 'box' }] }))]);
    const steps = (body as { steps: Step[] }[]).map((plan) => plan.steps[0]);
    const drop = steps.find((step) => step?.hook === 'user_drop');
    expect(drop).toMatchObject({ outcome: 'done', unknown: [expect.any(String)] });
    expect(drop?.exchanges).toContainEqual(
      expect.objectContaining({ kind: 'recorded', text: expect.stringContaining(told) }),
    );
    expect(box.state()).toEqual(before);
    expect((await daemon.call('GET', '/v1/jobs')).body).toEqual(jobs);
    expect((await daemon.call('GET', '/v1/accounts/1001')).body).toEqual(known);
    // The id of an event that was planned is free.
    const [taken] = (await daemon.fire({ id: 'plan-user_drop', hook: 'user_edit', account })) as {
      duplicate: boolean;
    }[];
    expect(taken).toMatchObject({ duplicate: false });
  },
  60_000,
);

test('ossia plan says it in the language of the box, with variables changed on the way', async () => {
  const { daemon } = await siteWith('mikrotik');
  await daemon.fire({ hook: 'user_edit', account });
  const planned = await daemon.cli('plan', 'user_drop', '--login', 'алиса', 'ip=10.9.9.9');
  expect(planned).toMatchObject({ code: 0, err: '' });
  expect(planned.out).toMatch(/^user_drop on box would be done\n/);
  expect(planned.out).toMatch(/^ {2}WOULD {2}routeros {2}\/ip\/firewall\/address-list\/add .*address=10\.9\.9\.9/m);
  expect(planned.out).toMatch(/^Not known: .+\n(.+\n)*Nothing was changed, and nothing is kept\.\n$/m);
  expect(await daemon.cli('plan', 'user_drop', '--login', 'боря')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no account with login "боря"'),
  });
  expect((await daemon.cli('plan', 'user_drp', '--login', 'алиса')).err).toContain('did you mean user_drop?');
  const elsewhere = await daemon.cli('plan', 'user_drop', '--user_id', '1001', 'nas_ip=10.0.0.77');
  expect(elsewhere).toMatchObject({ code: 1, out: expect.stringContaining('would be parked: no profile matches') });
  const fired = await daemon.cli(
    'fire',
    'user_drop',
    '--user_id',
    '1',
    '--nas_ip',
    '10.0.0.1',
    '--ip',
    '10.1.1.1',
    '--dry-run',
  );
  expect(fired).toMatchObject({ code: 0, out: expect.stringContaining('address=10.1.1.1') });
  expect((await daemon.cli('plan', '--login', 'алиса')).code).toBe(2);
}, 60_000);

test('a plan reads what the box has already: then nothing would be sent', async () => {
  const { daemon } = await siteWith('mikrotik');
  await daemon.fire({ hook: 'user_drop', account });
  await until(async () => {
    const { body } = await daemon.call('GET', '/v1/jobs/1');
    return (body as { state: string }).state === 'done';
  });
  const planned = await daemon.cli('plan', 'user_drop', '--login', 'алиса');
  expect(planned).toMatchObject({
    code: 0,
    out: expect.stringContaining('nothing would be sent: the box has it already'),
  });
  expect(planned.out).toMatch(/^ {2}heard {2}routeros {2}.*list=crb_blocked/m);
  expect(planned.out).not.toContain('WOULD');
}, 60_000);

test('a plan that must read from a dead box says that it does not answer, and waits no longer than its deadline', async () => {
  const { daemon, unplug } = await siteWith('mikrotik');
  await daemon.fire({ hook: 'user_edit', account });
  await unplug();
  const planned = await daemon.cli('plan', 'user_del', '--user_id', '1001');
  expect(planned).toMatchObject({
    code: 75,
    out: expect.stringContaining('could not be planned to its end: No connection'),
  });
}, 60_000);
