// The whole daemon moves a box off its old script: a new plugin looks on and says where they differ, then takes over hook by hook.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createSite, type DaemonProcess, nodeBin } from '#test/support/site.ts';
import { until } from '#test/support/until.ts';
import { startSimulator as startScriptFolder } from '../../plugins/carbon-script/simulator.ts';
import { startSimulator as startLinux } from '../../plugins/linux/simulator.ts';
import { startSimulator as startMikrotik } from '../../plugins/mikrotik/simulator.ts';

const root = new URL('../..', import.meta.url).pathname;
const alice = { user_id: '1', login: 'Алиса', ip: '10.1.0.1', auth_type: '1', nas_ip: '10.0.0.1' };
const rates = { rate_in: '5000', rate_out: '20000' };

interface Shadow {
  readonly problem: string;
  readonly hooks: readonly { hook: string; agree: number; differ: number; unclear: number; ready: boolean }[];
  readonly differences: readonly { hook: string; login: string; reason: string; left: string[]; before: string[] }[];
}

/** As a site has it: blocks and frees by the router's API, shapes the wrong way round, forgets redirects. */
const oldScript = (routeros: Readonly<Record<string, unknown>>) => `#!${nodeBin}
const { routeros } = await import('${root}core/transport/routeros/routeros.ts');
const router = routeros.connect(routeros.config.parse(${JSON.stringify(routeros)}), { nas: 'old', log() {} });
const context = { signal: AbortSignal.timeout(10000), deadline: Date.now() + 10000, record() {} };
const call = (method, ...args) => router.call(method, args, context);
const [hook] = process.argv.slice(2);
const { ip: address, user_id, rate_in, rate_out } = process.env;
const list = '/ip/firewall/address-list';
const comment = 'ossia:' + user_id;
if (hook === 'user_add') await call('ensure', list, { list: 'crb_auth', address }, { comment });
if (hook === 'user_drop') await call('ensure', list, { list: 'crb_blocked', address }, { comment });
if (hook === 'user_accept') await call('ensureAbsent', list, { list: 'crb_blocked', address });
if (hook === 'user_rate_set')
  await call('ensure', '/queue/simple', { name: 'crb_' + address }, { target: address + '/32', 'max-limit': rate_out + 'k/' + rate_in + 'k', comment });
await router.close();
process.exit(hook === 'own_disabled' ? 3 : 0);
`;

async function settled(daemon: DaemonProcess): Promise<void> {
  await until(async () => {
    const { jobs } = (await daemon.call('GET', '/v1/jobs?limit=1000')).body as { jobs: { state: string }[] };
    return jobs.length > 0 && jobs.every(({ state }) => !['waiting', 'running', 'retrying'].includes(state));
  }, 30_000);
}

async function fire(daemon: DaemonProcess, hooks: readonly (readonly [string, object?])[]): Promise<void> {
  for (const [hook, more = {}] of hooks) {
    await daemon.fire({ id: `${hook}-${Math.random()}`, hook, account: { ...alice, ...more } });
    await settled(daemon);
  }
}

async function shadowOf(daemon: DaemonProcess): Promise<Shadow> {
  const { body } = await daemon.call('GET', '/v1/shadow?nas=bras-1');
  return (body as { shadows: Shadow[] }).shadows[0] as Shadow;
}

const countsOf = ({ hooks }: Shadow) =>
  Object.fromEntries(hooks.map(({ hook, agree, differ, unclear }) => [hook, [agree, differ, unclear]]));

test('an old script beside a plugin that looks on: where they agree, where they differ, over a restart, and the move', async () => {
  const router = await startMikrotik();
  onTestFinished(() => router.close());
  const folder = await startScriptFolder();
  onTestFinished(() => folder.close());
  const site = createSite();
  onTestFinished(() => site.close());
  const script = join(site.directory, 'session');
  writeFileSync(script, oldScript(router.transports['routeros'] ?? {}));
  chmodSync(script, 0o755);
  const old = {
    plugin: 'carbon-script',
    match: { nas_ip: '10.0.0.1' },
    transports: { ...router.transports, script: { programs: { bin: script } } },
    options: { programs: ['bin'] },
    limits: { rate: 'unlimited' },
  };
  site.profile('bras-1', { ...old, shadow: { plugin: 'mikrotik', before: true, deadline: '5s' } });
  let daemon = await site.start();
  await until(async () => (await daemon.call('GET', '/v1/nas/bras-1')).status === 200);
  expect(await daemon.cli('shadow')).toMatchObject({
    code: 0,
    out: expect.stringContaining('nothing was compared yet'),
  });

  const box = () => JSON.stringify(router.state());
  await fire(daemon, [['user_add'], ['user_drop'], ['user_accept'], ['user_drop'], ['user_accept']]);
  await fire(daemon, [
    ['user_redirect'],
    ['user_rate_set', rates],
    ['own_disabled'],
    ['usluga_activated', { usluga_id: 'тв' }],
  ]);
  // What the plugin would have done, the box does not have: it only looked.
  expect(box()).toContain('20000');
  expect(box()).not.toMatch(/negbal|crb_own_disabled/);

  const seen = await shadowOf(daemon);
  expect(countsOf(seen)).toEqual({
    own_disabled: [0, 1, 0],
    user_accept: [2, 0, 0],
    user_add: [1, 0, 0],
    user_drop: [2, 0, 0],
    user_rate_set: [0, 1, 0],
    user_redirect: [0, 1, 0],
    usluga_activated: [0, 1, 0],
  });
  const about = (hook: string) => seen.differences.find((one) => one.hook === hook);
  expect(about('user_redirect')).toMatchObject({
    login: 'Алиса',
    left: [expect.stringMatching(/^routeros: .*crb_negbal/)],
    before: [expect.stringMatching(/^routeros: .*crb_negbal/)],
  });
  expect(about('user_rate_set')?.left[0]).toMatch(/max-limit/);
  expect(about('own_disabled')?.reason).toMatch(/would not refuse/);
  expect(about('usluga_activated')?.reason).toMatch(/^unsupported: The plugin mikrotik has no hook/);

  const shown = await daemon.cli('shadow', 'bras-1');
  expect(shown).toMatchObject({ code: 5, err: '' });
  expect(shown.out).toContain('3 of 7 hooks agree over 5 runs and are ready to move: user_accept user_add user_drop');
  expect(await daemon.cli('shadow', 'bras-9')).toMatchObject({ code: 1 });
  const metrics = String((await daemon.call('GET', '/metrics')).body);
  expect(metrics).toContain('ossia_shadow_total{nas="bras-1",hook="user_drop",result="agree"} 2');
  const { body } = await daemon.call('GET', '/v1/jobs/2');
  expect(JSON.stringify(body)).toContain('"via":"shadow"');
  expect(await daemon.cli('nas', 'show', 'bras-1')).toMatchObject({
    out: expect.stringMatching(/shadow {3}mikrotik@\S+ looks on/),
  });

  await daemon.signal('SIGTERM');
  daemon = await site.start();
  await until(async () => (await daemon.call('GET', '/v1/nas/bras-1')).status === 200);
  expect(countsOf(await shadowOf(daemon))).toEqual(countsOf(seen));

  // Those that agree go to the plugin; the rest stay with the script, and go on being compared.
  site.profile('bras-1', {
    ...old,
    transports: { ...old.transports, script: folder.transports['script'] },
    beside: { plugin: 'mikrotik', hooks: ['user_add', 'user_drop', 'user_accept'] },
    shadow: { plugin: 'mikrotik' },
  });
  await until(async () =>
    (await daemon.cli('nas', 'show', 'bras-1')).out.includes('for user_accept user_add user_drop'),
  );
  await fire(daemon, [['user_drop'], ['user_redirect']]);
  expect(box()).toContain('crb_blocked');
  expect(folder.state()).toEqual({ users: { 1: expect.objectContaining({ redirect: '1' }) } });
  const { jobs } = (await daemon.call('GET', '/v1/jobs?limit=2')).body as { jobs: { id: string }[] };
  const programs = await Promise.all(
    jobs.map(async ({ id }) => JSON.stringify((await daemon.call('GET', `/v1/jobs/${id}`)).body)),
  );
  expect(programs.some((text) => text.includes('mikrotik@1.0.0#'))).toBe(true);
  expect(programs.some((text) => text.includes('carbon-script@1.0.0#'))).toBe(true);
  expect(countsOf(await shadowOf(daemon))['user_drop']).toEqual([2, 0, 0]);
  expect(countsOf(await shadowOf(daemon))['user_redirect']).toEqual([0, 2, 0]);
}, 120_000);

test('a plugin that sends without looking first is judged by what its box has, and a dead box by nothing', async () => {
  const blocked = { users: ['10.1.0.1'], online: ['10.1.0.1'], blocked: ['10.1.0.1'] };
  const router = await startLinux({ state: { ruleset: 'present', sets: blocked, owners: { '10.1.0.1': '1' } } });
  let isClosed = false;
  const unplug = async () => {
    if (!isClosed) await router.close();
    isClosed = true;
  };
  onTestFinished(unplug);
  const folder = await startScriptFolder();
  onTestFinished(() => folder.close());
  const site = createSite();
  onTestFinished(() => site.close());
  const options = {
    customers: ['lan'],
    uplinks: ['wan'],
    portals: { blocked: '10.0.0.2:8080' },
    pools: ['10.1.0.0/16'],
  };
  site.profile('bras-1', {
    plugin: 'carbon-script',
    match: { nas_ip: '10.0.0.1' },
    transports: { ...folder.transports, ...router.transports },
    options: { programs: ['bin'] },
    shadow: { plugin: 'linux', options, deadline: '3s' },
  });
  const daemon = await site.start();
  await until(async () => (await daemon.call('GET', '/v1/nas/bras-1')).status === 200);
  const held = JSON.stringify(router.state());

  await fire(daemon, [['user_drop'], ['user_accept']]);
  await unplug();
  await fire(daemon, [['user_redirect']]);

  const seen = await shadowOf(daemon);
  expect(countsOf(seen)).toEqual({ user_accept: [0, 1, 0], user_drop: [1, 0, 0], user_redirect: [0, 0, 1] });
  expect(seen.differences.map(({ reason }) => reason)).toContain('the box has accept false, not true');
  expect(JSON.stringify(router.state())).toBe(held);
  expect(folder.state()).toEqual({ users: { 1: expect.objectContaining({ accept: '1', redirect: '1' }) } });
  const { jobs } = (await daemon.call('GET', '/v1/jobs?state=done')).body as { jobs: unknown[] };
  expect(jobs).toHaveLength(3);
}, 90_000);
