// A new version on trial: its failures are made good by the version before, and when there are several of them it is taken back.
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openKeptPlugins } from '#core/plugin-host/kept-plugins.ts';
import { linesPlugin, openPluginWorld, type PluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

const broken = linesPlugin.replace("'add ' + account.login", "'add ' + account.nothing.login");

async function saveBroken(world: PluginWorld, source = broken): Promise<void> {
  const before = world.registry.get('bras-1')?.plugin.hash;
  await world.savePlugin(source);
  await until(() => world.registry.get('bras-1')?.plugin.hash !== before);
}

const run = async (world: PluginWorld, login: string) =>
  (await world.run('user_add', { jobId: login, account: { login } })).outcome;

test('a version whose first jobs fail is taken back by itself, and each of them is done by the version before', async () => {
  const world = await openPluginWorld();
  const good = world.registry.get('bras-1')?.plugin.hash;
  await saveBroken(world);
  const bad = world.registry.get('bras-1')?.plugin.hash;

  const first = await world.run('user_add', { account: { login: 'алиса' } });
  expect(first.outcome).toEqual({ type: 'done' });
  expect(first.program).toBe(`lines@1.0.0#${good?.slice(0, 8)}`);
  expect(first.stack).toContain('plugin.ts');
  const said = first.exchanges.map(({ via, text }) => `${via} ${text}`).join('\n');
  expect(said).toContain(`lines@1.0.0#${bad?.slice(0, 8)}, on trial, ended refused`);
  expect(world.status()).toMatchObject({ problem: '', trial: { runs: 1, worse: 1 } });
  expect(await run(world, 'боб')).toEqual({ type: 'done' });
  expect(await run(world, 'carol')).toEqual({ type: 'done' });

  await until(() => world.registry.get('bras-1')?.plugin.hash === good);
  expect(world.box.received.filter((line) => line.startsWith('add'))).toEqual([
    'add алиса first',
    'add боб first',
    'add carol first',
  ]);
  const { problem, problems, trial } = world.status();
  expect(problem).toContain(`${world.file('bras-1')}:1 plugin: lines@1.0.0#${bad?.slice(0, 8)} was taken back`);
  expect(problem).toContain('of its first 3 jobs 3 failed');
  expect(problems[0]?.where).toBe(`${world.file('bras-1')}:1 plugin`);
  expect(trial).toBeNull();
  expect(world.reloads.at(-1)).toBe('bras-1 taken back');
  expect(world.logged.join()).toContain('was taken back');
  await until(() => world.sandbox.stats().guests === 1);
});

test('what was taken back is not tried again until its content changes, or somebody says so', async () => {
  const world = await openPluginWorld({ watch: false });
  const good = world.registry.get('bras-1')?.plugin.hash;
  const hash = () => world.registry.get('bras-1')?.plugin.hash;
  await world.savePlugin(broken);
  await world.registry.reload('bras-1');
  for (const login of ['a', 'b', 'c']) await run(world, login);
  await until(() => hash() === good);

  await world.registry.reload('bras-1');
  expect(hash()).toBe(good);
  expect(world.status().problem).toContain('was taken back');

  await world.savePlugin(`${broken}// Не лучше.\nconsole.log('no better');`);
  await world.registry.reload('bras-1');
  for (const login of ['a', 'b', 'c']) await run(world, login);
  await until(() => hash() === good);
  await world.savePlugin(broken);
  await world.registry.reload('bras-1');
  expect(hash()).toBe(good);

  await world.savePlugin(linesPlugin.replace("'add '", "'create '"));
  await world.registry.reload('bras-1');
  expect(world.status().problem).toBe('');
  await run(world, 'a');
  expect(world.box.received.at(-1)).toBe('create a first');

  await world.savePlugin(broken);
  await world.registry.plugins.reload({ nas: 'bras-1' }, { trust: true });
  expect(hash()).not.toBe(good);
  expect(world.status()).toMatchObject({ problem: '', trial: null });
  expect(await run(world, 'a')).toMatchObject({ type: 'refused', code: 'plugin_error' });
});

test('a version that does no worse than the one before stays', async () => {
  const world = await openPluginWorld();
  // Both fail for user_auth; that the box refuses is the same with both.
  await saveBroken(world, linesPlugin.replace("'hello'", "'hello you'"));
  for (let n = 0; n < 6; n++) {
    expect((await world.run('user_auth')).outcome).toMatchObject({ type: 'refused', code: 'plugin_error' });
    expect((await world.run('user_drop', { account: { answer: 'no' } })).outcome).toMatchObject({ type: 'refused' });
    await run(world, `${n}`);
  }
  expect(world.status()).toMatchObject({ problem: '', trial: { worse: 0, runs: 18 } });
  for (let n = 0; n < 2; n++) await run(world, `${n}`);
  expect(world.status()).toMatchObject({ problem: '', trial: null });
  await until(() => world.sandbox.stats().guests === 1);
});

test('a version that is saved while the one before it passes its trial is compared with that one', async () => {
  const world = await openPluginWorld({ watch: false });
  await world.savePlugin(linesPlugin.replace("'add '", "'create '"));
  await world.registry.reload('bras-1');
  for (let n = 0; n < 19; n++) await run(world, `${n}`);
  const second = world.registry.get('bras-1')?.plugin.hash;

  const release = world.box.hold('hello');
  await world.savePlugin(broken);
  const told = world.box.received.length;
  const saving = world.registry.reload('bras-1');
  await until(() => world.box.received.slice(told).includes('hello'));
  await run(world, 'twentieth');
  release();
  await saving;
  expect(world.registry.get('bras-1')?.plugin.hash).not.toBe(second);

  const calledOff = AbortSignal.timeout(3000);
  const report = await world.run('user_add', { account: { login: 'алиса' }, signal: calledOff });
  expect(report).toMatchObject({ outcome: { type: 'done' }, program: `lines@1.0.0#${second?.slice(0, 8)}` });
  expect(world.box.received.at(-1)).toBe('create алиса first');
});

test('what an operator lets go without a trial says nothing about later saves', async () => {
  const world = await openPluginWorld({ watch: false });
  await world.registry.plugins.reload({ nas: 'bras-1' }, { trust: true });
  await world.savePlugin(broken);
  await world.registry.reload('bras-1');
  expect(world.status().trial).toMatchObject({ runs: 0 });
});

test('a box that died meanwhile takes no version back', async () => {
  const world = await openPluginWorld();
  await saveBroken(world, linesPlugin.replace("'add '", "'create '"));
  await world.box.close();
  for (let n = 0; n < 5; n++) expect(await run(world, `${n}`)).toMatchObject({ type: 'retry' });
  expect(world.status()).toMatchObject({ problem: '', trial: { worse: 0, runs: 0 } });
});

test('a profile that moved to another box is not compared with the old one', async () => {
  const world = await openPluginWorld();
  await world.save('bras-1', world.profile('options: { tag: moved }').replace('127.0.0.1', 'localhost'));
  await world.inForce('moved');
  expect(world.status().trial).toBeNull();
  const radius = `radius: { secret: "\${env:BOX}", addresses: 10.0.0.9 }`;
  await world.save('bras-1', world.profile('options: { tag: accounts }', radius).replace('127.0.0.1', 'localhost'));
  await world.inForce('accounts');
  expect(world.status().trial).toBeNull();
});

test('a restart goes on with the last good version, and knows the one that was taken back', async () => {
  const world = await openPluginWorld({ open: false });
  const dir = join(world.folder, 'kept');
  const log = { warn: () => undefined };
  const kept = await openKeptPlugins({ dir, log });
  await world.open({ kept });
  const good = world.registry.get('bras-1')?.plugin.hash;
  await saveBroken(world);
  for (const login of ['a', 'b', 'c']) await run(world, login);
  await until(() => world.registry.get('bras-1')?.plugin.hash === good);
  await world.registry.close();
  await kept.close();

  const again = await openKeptPlugins({ dir, log });
  onTestFinished(() => again.close());
  await world.open({ kept: again });

  expect(world.registry.get('bras-1')?.plugin.hash).toBe(good);
  expect(world.status().problem).toContain('was taken back: of its first 3 jobs 3 failed');
  expect(await run(world, 'dave')).toEqual({ type: 'done' });
});

test('a restart at which also the last good version fails its self-test puts nothing in force', async () => {
  const world = await openPluginWorld({ open: false });
  const dir = join(world.folder, 'kept');
  const kept = await openKeptPlugins({ dir, log: { warn: () => undefined } });
  await world.open({ kept });
  await world.registry.close();
  await kept.close();
  await world.save('bras-1', 'plugin: lines\nmatch: { nas_ip: 10.0.0.1 }');

  const again = await openKeptPlugins({ dir, log: { warn: () => undefined } });
  onTestFinished(() => again.close());
  await world.open({ kept: again });

  expect(world.status()).toMatchObject({ nas: null, problem: expect.stringContaining('the self-test failed') });
});

test('a restart with a plugin folder that does not compile serves the last good version and says why', async () => {
  const world = await openPluginWorld({ open: false });
  const dir = join(world.folder, 'kept');
  const kept = await openKeptPlugins({ dir, log: { warn: () => undefined } });
  await world.open({ kept });
  await world.registry.close();
  await kept.close();
  await world.savePlugin('export default {');

  const again = await openKeptPlugins({ dir, log: { warn: () => undefined } });
  await world.open({ kept: again });

  expect(world.status().problem).toContain('plugin.ts:1');
  expect(await run(world, 'эва')).toEqual({ type: 'done' });
  // Mended while it runs, the folder is on trial against what was kept.
  await world.savePlugin(linesPlugin.replace("'add '", "'create '"));
  await until(() => world.status().problem === '');
  expect(world.status().trial).toMatchObject({ runs: 0 });
  await world.registry.close();
  await again.close();
});
