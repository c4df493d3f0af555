// The registry with several profiles: who has a box when two want it, folders that come and go, validation, secrets.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { boxSecret, linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

test('two profiles for one box: the second is refused and names the first, and has its turn when that is gone', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save('bras-2', world.profile());
  await world.open();

  expect(world.status('bras-1').problem).toBe('');
  expect(world.status('bras-2').problem).toBe(
    `${world.file('bras-2')}:2 match.nas_ip: 10.0.0.1 belongs to the profile bras-1 already; only one can have it`,
  );

  await rm(world.file('bras-1'));
  await until(() => world.registry.get('bras-2'));
  expect(world.registry.find({ nas_ip: '10.0.0.1' })?.name).toBe('bras-2');
});

test('a profile that was never in force does not keep its box from another', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save('a-broken-copy', world.profile().replace('plugin: lines', 'plugin: no-such-plugin'));
  await world.open();

  await until(() => world.registry.get('bras-1'));
  expect(world.status('a-broken-copy').problem).toContain('no-such-plugin');
  expect(world.registry.find({ nas_ip: '10.0.0.1' })?.name).toBe('bras-1');
});

test('two profiles with one accounting source: the second is refused', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save('bras-1', world.profile(`radius: { secret: \${env:BOX} }`));
  await world.save(
    'bras-2',
    ['plugin: lines', 'match: { nas_id: 8 }', 'radius:', '  secret: other-secret', '  addresses: [10.0.0.1]'].join(
      '\n',
    ),
  );
  await world.open();

  expect(world.status('bras-2').problem).toContain(
    `${world.file('bras-2')}:5 radius.addresses: 10.0.0.1 belongs to the profile bras-1`,
  );
  expect(world.registry.radiusClient('10.0.0.1')).toEqual({
    nas: 'bras-1',
    secret: Buffer.from(boxSecret),
    requireMessageAuthenticator: 'if-present',
  });
  expect(world.registry.radiusClient('10.0.0.2')).toBeUndefined();
});

test('a wrong profile does not keep the others from starting', async () => {
  const world = await openPluginWorld({ open: false });
  await world.save('bad', 'plugin: lines\nmatch: 7');
  await world.save('Bad_Name', world.profile());
  await world.save('other', 'ignored');
  await writeFile(join(world.profilesDir, 'bras-3.yml'), world.profile());
  await world.open();

  expect(world.registry.get('bras-1')).toBeDefined();
  expect(world.registry.counts()).toEqual({ live: 1, refused: 3, quarantined: 0 });
  expect(world.logged.join()).toContain('bras-3.yml');
});

test('a folder of profiles that is not there yet is said and followed', async () => {
  const world = await openPluginWorld({ open: false });
  await rename(world.profilesDir, `${world.profilesDir}.away`);
  await world.open();
  expect(world.registry.list()).toEqual([]);
  expect(world.logged.join()).toContain('there is no folder of NAS profiles');

  await rename(`${world.profilesDir}.away`, world.profilesDir);

  await world.inForce('first');
});

test('a plugin that ends the self-test too late for nothing goes live with a warning, not refused on a busy machine', async () => {
  const world = await openPluginWorld({ open: false, selfTestMs: 200 });
  await world.savePlugin(linesPlugin.replace("await device.line.read('hello')", 'await new Promise(() => {})'));
  await world.open();

  expect(world.status()).toMatchObject({ problem: '', warning: expect.stringContaining('self-test had no answer') });
});

test('validation says what is wrong with the files and changes nothing', async () => {
  const world = await openPluginWorld({ watch: false });
  await world.save('bras-1', world.profile('options: { tga: x }'));
  await world.save('bras-2', world.profile());

  const [first, second] = await world.registry.validate();

  expect(first?.problems).toEqual([
    { where: `${world.file('bras-1')}:4 options.tga`, problem: 'is not an option of this plugin; did you mean "tag"?' },
  ]);
  expect(second?.problems[0]?.problem).toContain('belongs to the profile bras-1');
  expect(world.status()).toMatchObject({ problem: '' });
});

test('a reload takes what is on disk without waiting for the watcher', async () => {
  const world = await openPluginWorld({ watch: false });
  await world.save('bras-1', world.profile('options: { tag: reloaded }'));

  await world.registry.reload('bras-1');

  expect(world.registry.get('bras-1')?.profile.options).toEqual({ tag: 'reloaded' });
  await expect(world.registry.reload('nobody')).rejects.toMatchObject({ code: 'not_found' });
});

test('a save without a change loads nothing anew', async () => {
  const world = await openPluginWorld();
  const before = world.registry.get('bras-1');

  await world.save('bras-1', world.profile('options: { tag: first }'));
  await until(() => world.reloads.length === 2);

  expect(world.registry.get('bras-1')).toBe(before);
  expect(world.changes).toEqual([]);
});

test('a new plugin folder brings the profiles that wait for it into force', async () => {
  const world = await openPluginWorld();
  await world.save('bras-1', world.profile('options: { tag: moved }').replace('plugin: lines', 'plugin: lines-two'));
  await world.refused('lines-two');

  const folder = join(world.pluginsDir, 'lines-two');
  await mkdir(folder);
  await writeFile(join(folder, 'plugin.ts'), linesPlugin);
  await writeFile(
    join(folder, 'plugin.json'),
    JSON.stringify({
      name: 'lines-two',
      version: '1.0.0',
      api: '^1',
      summary: 's',
      transports: { line: ['*'] },
      options: {},
    }),
  );

  expect((await world.inForce('moved')).plugin.name).toBe('lines-two');
});

test('no secret appears in a status, a log line, an error or a report', async () => {
  const world = await openPluginWorld();
  const reports = [];
  for (const hook of ['user_add', 'user_info', 'user_accept', 'user_drop', 'user_edit', 'user_rate_set', 'user_auth'])
    for (const answer of ['drop', 'no', 'busy'])
      reports.push(await world.run(hook, { account: { answer, login: 'аб' } }));
  reports.push(await world.run('user_add', { dryRun: true }));
  await world.savePlugin(linesPlugin.replace("'hello'", "'no hello'"));
  await world.refused('self-test');
  await world.save('bras-1', world.profile('options: { tag: [1] }'));
  await world.refused('options.tag');

  const all = JSON.stringify(reports) + world.said();
  expect(all).toContain('login ***; add аб first');
  expect(all).toContain('our secret was ***');
  for (const form of [boxSecret, JSON.stringify(boxSecret).slice(1, -1), 'коробки']) expect(all).not.toContain(form);
  // It did reach the box, so it was there to be leaked.
  expect(world.box.logins).toContain(boxSecret);
});

test.each([0, 1, 2, 3, 4])(
  'a reload asked for %i turns after the one before was worked off is not lost',
  async (turns) => {
    const worked: string[] = [];
    let onWorked = () => {};
    const onReload = ({ result }: { readonly result: string }) => {
      worked.push(result);
      onWorked();
    };
    const world = await openPluginWorld({ watch: false, onReload });
    const asked = Promise.withResolvers<void>();
    onWorked = async () => {
      onWorked = () => {};
      for (let turn = 0; turn < turns; turn++) await null;
      asked.resolve(world.registry.reload('bras-1'));
    };
    const before = worked.length;
    await world.registry.reload('bras-1');
    await asked.promise;
    expect(worked.length - before).toBe(2);
  },
);
