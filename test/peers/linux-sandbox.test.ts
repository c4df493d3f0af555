// The linux plugin as it runs in the daemon: profile file with its model, bundle, sandbox, ssh transport, simulated router.
import { cp, glob, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import type { HookRun, Nas } from '#core/plugin-host/nas.ts';
import { openRegistry } from '#core/plugin-host/registry.ts';
import type { SimulatedExchange, Simulator } from '#core/plugin-sdk/simulator.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import { sshTransport } from '#core/transport/ssh/ssh.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { startSimulator } from '../../plugins/linux/simulator.ts';

const root = new URL('../..', import.meta.url).pathname;
const options = {
  customers: ['lan'],
  uplinks: ['wan'],
  portals: { blocked: '10.0.0.2:8080' },
  pools: ['10.1.0.0/16'],
};
const alice = { user_id: '1001', login: 'Алиса', ip: '10.1.2.3', auth_type: '6', nas_ip: '10.0.0.1' };

interface Live {
  readonly simulator: Simulator;
  readonly taken: SimulatedExchange[];
  run(hook: string, account?: Record<string, string>, more?: Partial<HookRun>): ReturnType<Nas['run']>;
}

async function live(state: unknown = {}): Promise<Live> {
  const simulator = await startSimulator({ state });
  onTestFinished(() => simulator.close());
  const taken: SimulatedExchange[] = [];
  simulator.onExchange((exchange) => taken.push(exchange));
  const profilesDir = tempDir();
  await mkdir(join(profilesDir, 'models'));
  await cp(join(root, 'nas-profiles/models/linux-router.yaml'), join(profilesDir, 'models/linux-router.yaml'));
  const { password, ...ssh } = simulator.transports['ssh'] ?? {};
  const profile = {
    extends: 'linux-router',
    match: { nas_ip: '10.0.0.1' },
    transports: { ssh: { ...ssh, password: '$' + '{env:ROUTER}' } },
    options,
  };
  await writeFile(join(profilesDir, 'router-1.yaml'), stringify(profile));
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  onTestFinished(() => sandbox.close());
  const registry = await openRegistry({
    profilesDir,
    pluginsDir: join(root, 'plugins'),
    loader: { readManifest, bundlePlugin },
    sandbox,
    transports: { ssh: sshTransport as TransportDefinition },
    hooks: catalogue,
    log: { info: () => undefined, warn: () => undefined },
    env: { ROUTER: String(password) },
    watch: false,
  });
  onTestFinished(() => registry.close());
  const nas = registry.get('router-1');
  if (!nas) throw new Error(JSON.stringify(registry.list()));
  const fixed = { jobId: '1', attempt: 1, token: 't-1', dryRun: false, signal: new AbortController().signal };
  return { simulator, taken, run: (hook, account = alice, more = {}) => nas.run({ ...fixed, hook, account, ...more }) };
}

test('the self-test ran before the profile went live, and read only', async () => {
  const { taken } = await live();
  expect(taken.map(({ received }) => received)).toEqual(['nft --version', 'tc -V']);
});

test('a life of a subscriber through the sandbox leaves on the router what it should', async () => {
  const { run, simulator } = await live({ neighbours: { '10.1.2.3': '02:00:00:00:00:03' } });
  const rates = { ...alice, rate_in: '2000', rate_out: '4000' };
  const snatip = '203.0.113.5';
  expect((await run('user_add', { ...alice, snatip: '203.0.113.9' })).outcome).toEqual({ type: 'done' });
  expect((await run('user_add', { ...alice, snatip })).outcome).toEqual({ type: 'done' });
  for (const hook of ['user_accept', 'user_auth', 'user_redirect', 'user_redirect_cancel', 'user_drop'])
    expect((await run(hook)).outcome).toEqual({ type: 'done' });
  expect((await run('user_rate_set', rates)).outcome).toEqual({ type: 'done' });
  const listed = (await run('users_from_nas')).value;
  const flags = { accept: false, redirect: false, own_disabled: false, logged: true };
  const rate = { rate_in: 2000, rate_out: 4000 };
  expect(listed).toEqual([{ user_id: '1001', login: '', ip: '10.1.2.3', ...flags, rate, snatip }]);
  expect((await run('user_info')).value).toMatchObject({
    user: { ...flags, rate, snatip },
    neighbour: { mac: '02:00:00:00:00:03' },
  });
  expect((await run('user_test')).value).toMatchObject({ sent: 3, received: 3 });
  expect((await run('user_del')).outcome).toEqual({ type: 'done' });
  expect((await run('users_from_nas')).value).toEqual([]);
  for (const kept of ['sets', 'snatips']) expect(simulator.state()).not.toHaveProperty(kept);
});

test('a dry run of every hook changes nothing on the router', async () => {
  const { run, simulator } = await live();
  const rates = { ...alice, rate_in: '2000', rate_out: '4000' };
  const hooks = new Set<string>();
  for await (const file of glob('*/*.json', { cwd: join(root, 'plugins/linux/cases') }))
    hooks.add(file.split('/')[0] ?? '');
  const before = simulator.state();
  for (const hook of hooks) {
    const { outcome } = await run(hook, rates, { dryRun: true });
    expect([hook, outcome.type]).toEqual([hook, 'done']);
  }
  expect(simulator.state()).toEqual(before);
});

test('refusals of plugin and router come out as such, and the password nowhere', async () => {
  const { run, simulator } = await live();
  const report = await run('user_add', { ...alice, ip: '10.1.2.3 }\nflush ruleset' });
  expect(report.outcome).toMatchObject({ type: 'refused' });
  const { password } = simulator.transports['ssh'] ?? {};
  const all = [report, await run('user_drop'), await run('user_info')];
  expect(JSON.stringify(all)).not.toContain(String(password));
  expect((await run('usluga_activated', { ...alice, usluga_id: '5' })).outcome.type).toBe('unsupported');
});
