// The registry: what is saved comes into force whole, or is refused with its line while the one before goes on.
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesPlugin, openPluginWorld } from '#test/support/plugin-world.ts';
import { until } from '#test/support/until.ts';

test('a profile is in force after the start and found by address and id', async () => {
  const { registry, run, box } = await openPluginWorld();

  expect(registry.find({ nas_ip: '10.0.0.1' })?.name).toBe('bras-1');
  expect(registry.find({ nas_ip: '::ffff:10.0.0.1' })?.name).toBe('bras-1');
  expect(registry.find({ nas_ip: '10.9.9.9', nas_id: '007' })?.name).toBe('bras-1');
  expect(registry.find({ nas_ip: '10.9.9.9' })).toBeUndefined();
  const { outcome, program } = await run('user_add');
  expect(outcome).toEqual({ type: 'done' });
  expect(program).toMatch(/^lines@1\.0\.0#[0-9a-f]{8}$/);
  expect(box.received).toEqual(['hello', 'add alice first']);
});

test('a saved profile is in force soon, and the next run is the new one', async () => {
  const world = await openPluginWorld();

  for (let i = 0; i < 7; i += 1) {
    await world.saveByRename('bras-1', world.profile(`options: { tag: save-${i} }`));
    await until(() => world.registry.get('bras-1')?.profile.options['tag'] === `save-${i}`, 10_000, 1);
  }

  expect((await world.run('user_add')).outcome.type).toBe('done');
  expect(world.box.received.at(-1)).toBe('add alice save-6');
  await until(() => world.sandbox.stats().guests === 1);
});

test.each([
  ['broken YAML', 'plugin: lines\nmatch: [1', ':2:', 'the indentation does not fit'],
  ['an unknown key', 'plugin: lines\nmatch: { nas_ip: 10.0.0.1 }\n\nlimts: {}', ':4 limts:', 'did you mean "limits"?'],
  [
    'an option that the plugin does not know',
    'plugin: lines\nmatch: { nas_ip: 10.0.0.1 }\noptions:\n  tga: x',
    ':4 options.tga:',
    'did you mean "tag"?',
  ],
  [
    'an option of the wrong kind',
    'plugin: lines\nmatch: { nas_ip: 10.0.0.1 }\noptions:\n  rates:\n    - 1\n    - fast',
    ':6 options.rates[1]:',
    'expected integer, got "fast"',
  ],
  [
    'an option outside its list',
    'plugin: lines\nmatch: { nas_ip: 10.0.0.1 }\noptions: { mode: mild }',
    ':3 options.mode:',
    'expected "soft" or "hard", got "mild"',
  ],
  ['a plugin that is not there', 'plugin: linse\nmatch: { nas_ip: 10.0.0.1 }', ':1 plugin:', 'did you mean "lines"?'],
  [
    'a secret that is not there',
    `plugin: lines\nmatch: { nas_ip: 10.0.0.1 }\nradius: { secret: \${env:NONE} }`,
    ':3 radius.secret:',
    'is not set',
  ],
])('a save with %s is refused with its line while the one before goes on', async (_what, text, where, problem) => {
  const world = await openPluginWorld();
  const before = world.registry.get('bras-1');

  await world.save('bras-1', text);
  const said = await world.refused(problem);

  expect(said).toContain(`${world.file('bras-1')}${where}`);
  expect(world.status().problems[0]?.where).toContain(`bras-1.yaml${where.replace(/:$/, '')}`);
  expect(world.registry.get('bras-1')).toBe(before);
  expect((await world.run('user_add')).outcome.type).toBe('done');
  expect(world.logged.filter((line) => line.includes('profile refused'))).toHaveLength(1);

  await world.save('bras-1', world.profile('options: { tag: fixed }'));
  await world.inForce('fixed');
  expect(world.status()).toMatchObject({ problem: '', problems: [] });
  expect(world.reloads).toEqual(['bras-1 ok', 'bras-1 failed', 'bras-1 ok']);
});

test('a plugin that does not compile is refused with its file and line, and comes into force once it does', async () => {
  const world = await openPluginWorld();

  await world.savePlugin(linesPlugin.replace('export default', 'const x: = 1;\nexport default'));
  const said = await world.refused('plugin.ts:4');

  expect(said).toContain(`${world.file('bras-1')}:1 plugin: the plugin lines does not load`);
  expect((await world.run('user_add')).outcome.type).toBe('done');

  await world.savePlugin(linesPlugin.replace("'add '", "'create '"));
  await until(() => world.status().problem === '' && world.changes.length > 0);
  await world.run('user_add');
  expect(world.box.received.at(-1)).toBe('create alice first');
});

test('a plugin with a hook that does not exist is refused with the one that was meant', async () => {
  const world = await openPluginWorld();

  await world.savePlugin(linesPlugin.replace('async user_drop', 'async user_dorp'));

  expect(await world.refused('user_dorp')).toContain('did you mean user_drop?');
  expect((await world.run('user_drop')).outcome.type).toBe('done');
});

test('a plugin whose manifest changes what it takes is checked against the profile at once', async () => {
  const world = await openPluginWorld();

  await world.saveManifest({ version: '2.0.0', options: { type: 'object', required: ['portal'] } });

  expect(await world.refused('options.portal')).toContain(`${world.file('bras-1')}:4 options.portal: is missing`);
  expect(world.registry.get('bras-1')?.plugin.version).toBe('1.0.0');
});

test('a schema whose pattern never ends does not hold the daemon', async () => {
  const world = await openPluginWorld();
  const evil = { type: 'string', pattern: '^(a+)+$', default: `${'a'.repeat(40)}!` };

  await world.saveManifest({ options: { type: 'object', properties: { evil } } });

  expect(await world.refused('takes too long')).toContain('options');
});

test('a failing self-test refuses the save and the one before goes on', async () => {
  const world = await openPluginWorld();

  await world.savePlugin(linesPlugin.replace("'hello'", "'no way'").replace("'add '", "'new '"));
  const said = await world.refused('self-test failed');

  expect(said).toContain(`${world.file('bras-1')}:1 plugin: the self-test failed`);
  expect(said).toContain('no way');
  await world.run('user_add');
  expect(world.box.received.at(-1)).toBe('add alice first');
  await until(() => world.sandbox.stats().guests === 1);
});

test('a self-test that writes is refused: it could change the box before the profile is in force', async () => {
  const world = await openPluginWorld();

  await world.savePlugin(linesPlugin.replace("line.read('hello')", "line.write('reset')"));

  expect(await world.refused('here the box is only read')).toContain('self-test failed');
  expect(world.box.received).not.toContain('reset');
});

test('a dead box does not keep a profile from going live, and the status says so until it answers', async () => {
  const world = await openPluginWorld({ open: false });
  const { port } = world.box;
  await world.box.close();
  await world.open();

  expect(world.status().nas).not.toBeNull();
  expect(world.status().problem).toBe('');
  expect(world.status().warning).toContain('self-test had no answer');
  const { outcome } = await world.run('user_add');
  expect(outcome).toMatchObject({ type: 'retry', code: 'nas_unreachable' });
  expect(world.status().warning).toContain('self-test had no answer');
  expect(port).toBeGreaterThan(0);
});

test('a box that hangs in the self-test counts as dead, and its profile goes live after the time for it', async () => {
  const world = await openPluginWorld({ open: false, selfTestMs: 300 });
  const release = world.box.hold('hello');
  await world.open();

  expect(world.status().nas).not.toBeNull();
  expect(world.status().warning).toContain('self-test had no answer');

  release();
  await world.run('user_add');
  expect(world.status().warning).toBe('');
});

test('a model that changes reloads what extends it, and an error in it is named in its own file', async () => {
  const world = await openPluginWorld();
  const model = join(world.profilesDir, 'models', 'base.yaml');
  await writeFile(model, 'options: { tag: modelled }');
  await world.save('bras-1', `extends: base\n${world.profile()}`);
  await world.inForce('modelled');

  await writeFile(model, '# changed\noptions:\n  tag: 7');
  expect(await world.refused('options.tag')).toContain(`${model}:3 options.tag: expected string, got 7`);

  await writeFile(model, 'options: { tag: again }');
  await world.inForce('again');
});

test('folders that are named relative to where the daemon runs are followed all the same', async () => {
  const world = await openPluginWorld({ relative: true });
  await world.save('bras-1', `extends: base\n${world.profile()}`);
  await world.refused('models/base.yaml');

  await writeFile(join(world.profilesDir, 'models', 'base.yaml'), 'options: { tag: near }');
  await world.inForce('near');
  await world.savePlugin(linesPlugin.replace("'add '", "'put '"));
  await until(() => world.changes.length === 2);

  await world.run('user_add');
  expect(world.box.received.at(-1)).toBe('put alice near');
});

test('a profile that extends a model which is not there comes into force when it appears', async () => {
  const world = await openPluginWorld();
  await world.save('bras-1', `extends: base\n${world.profile()}`);
  await world.refused('models/base.yaml');

  await writeFile(join(world.profilesDir, 'models', 'base.yaml'), 'options: { tag: late }');

  await world.inForce('late');
});

test('a secret file that changes brings its new secret into force', async () => {
  const world = await openPluginWorld({ open: false });
  const secretFile = join(world.folder, 'secret');
  await writeFile(secretFile, 'secret-one\n', { mode: 0o600 });
  await world.save('bras-1', world.profile().replace(`\${env:BOX}`, `\${file:${secretFile}}`));
  await world.open();
  expect(world.box.logins).toEqual(['secret-one']);

  await writeFile(secretFile, 'secret-two\n');

  await until(() => world.changes.length > 0);
  await world.run('user_add');
  expect(world.box.logins.at(-1)).toBe('secret-two');
});

test('a deleted profile is gone at once, while its running job ends well', async () => {
  const world = await openPluginWorld();
  const release = world.box.hold('add');
  const running = world.run('user_add');
  await until(() => world.box.received.includes('add alice first'));

  await rm(world.file('bras-1'));
  await until(() => world.registry.get('bras-1') === undefined);

  expect(world.registry.find({ nas_ip: '10.0.0.1' })).toBeUndefined();
  expect(world.registry.list()).toEqual([]);
  release();
  expect((await running).outcome).toEqual({ type: 'done' });
  await until(() => world.sandbox.stats().guests === 0);
});

test('a renamed profile goes on under its new name', async () => {
  const world = await openPluginWorld();

  await rename(world.file('bras-1'), world.file('bras-01'));

  await until(() => world.registry.get('bras-01') && world.registry.get('bras-1') === undefined);
  expect(world.registry.find({ nas_ip: '10.0.0.1' })?.name).toBe('bras-01');
});

test('runs that are under way when a save comes into force end on what they began with', async () => {
  const world = await openPluginWorld();
  const release = world.box.hold('first');
  const old = world.registry.get('bras-1');
  const running = Array.from({ length: 5 }, () => world.run('user_add'));
  await until(() => world.box.received.filter((line) => line === 'add alice first').length === 5);

  await world.saveByRename('bras-1', world.profile('options: { tag: second }'));
  await world.inForce('second');
  expect((await world.run('user_add')).outcome).toEqual({ type: 'done' });
  expect(world.box.received.at(-1)).toBe('add alice second');

  release();
  const reports = await Promise.all(running);
  expect(reports.map(({ outcome }) => outcome.type)).toEqual(Array(5).fill('done'));
  expect(world.box.received.filter((line) => line === 'add alice first')).toHaveLength(5);
  await until(() => world.sandbox.stats().guests === 1);

  // Who still holds the old one is served by the new one.
  const late = await old?.run({
    hook: 'user_add',
    account: { user_id: '1', login: 'bob' },
    jobId: '2',
    attempt: 1,
    token: 't',
    dryRun: false,
    signal: new AbortController().signal,
  });
  expect(late?.outcome).toEqual({ type: 'done' });
  expect(world.box.received.at(-1)).toBe('add bob second');
});

test('fifty quick saves end with the last one in force and no job lost', async () => {
  const world = await openPluginWorld();
  const outcomes: string[] = [];
  let saving = true;
  const jobs = (async () => {
    while (saving) outcomes.push((await world.run('user_add')).outcome.type);
  })();

  for (let i = 1; i <= 50; i += 1) {
    const text = i % 5 === 0 ? 'plugin: [' : world.profile(`options: { tag: quick-${i} }`);
    await (i % 2 === 0 ? world.saveByRename('bras-1', text) : world.save('bras-1', text));
  }
  await world.save('bras-1', world.profile('options: { tag: quick-last }'));
  await world.inForce('quick-last');
  saving = false;
  await jobs;

  expect(new Set(outcomes)).toEqual(new Set(['done']));
  expect(world.status().problem).toBe('');
  await until(() => world.sandbox.stats().guests === 1);
});
