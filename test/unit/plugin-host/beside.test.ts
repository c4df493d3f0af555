// Two plugins for one box: which hook goes where, whose program the run says, and what is refused with file and line.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openKeptPlugins } from '#core/plugin-host/kept-plugins.ts';
import { openPluginWorld, type PluginWorld } from '#test/support/plugin-world.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

const oldPlugin = (mark = 'old') => `
import { definePlugin } from '#plugin-sdk';

export default definePlugin({
  hooks: {
    async user_add({ account, options }, device) {
      await device.line.write('${mark} add ' + account.login + ' ' + options.prefix);
    },
    async usluga_activated({ account, options }, device) {
      await device.line.write('${mark} service ' + account.login + ' ' + options.prefix);
    },
    async users_from_nas() {
      return [];
    },
  },
  async uptime() {
    return 42;
  },
});
`;

async function saveOld(world: PluginWorld, source = oldPlugin(), transports: object = { line: ['*'] }): Promise<void> {
  const folder = join(world.pluginsDir, 'old-script');
  await mkdir(folder, { recursive: true });
  const options = {
    type: 'object',
    properties: { prefix: { type: 'string', default: 'нет' }, count: { type: 'integer' } },
    additionalProperties: false,
  };
  const manifest = { name: 'old-script', version: '2.0.0', api: '^1', summary: 'The one before.', transports, options };
  await writeFile(join(folder, 'plugin.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'plugin.ts'), source);
}

const beside = (more = '', hooks = 'usluga_activated') => `beside:\n  plugin: old-script\n  hooks: [${hooks}]\n${more}`;

async function world(profile: readonly string[], transports?: object) {
  const made = await openPluginWorld({ open: false });
  await saveOld(made, oldPlugin(), transports);
  await made.save('bras-1', made.profile(...profile));
  await made.open();
  return made;
}

const sentOf = (report: { exchanges: readonly { kind: string; text: string }[] }) =>
  report.exchanges.filter(({ kind }) => kind === 'sent').map(({ text }) => text.replace('login ***; ', ''));

test('a hook goes to the plugin that it is routed to, with that one options, and the run says which it was', async () => {
  const { run, status } = await world(['options: { tag: новый }', beside('  options: { prefix: старый }')]);

  const added = await run('user_add');
  const service = await run('usluga_activated');

  expect(sentOf(added)).toEqual(['add alice новый']);
  expect(added.program).toMatch(/^lines@1\.0\.0#/);
  expect(sentOf(service)).toEqual(['old service alice старый']);
  expect(service.program).toMatch(/^old-script@2\.0\.0#/);
  const { nas } = status();
  expect(nas?.plugin.name).toBe('lines');
  expect(nas?.plugin.hooks.has('usluga_activated')).toBe(true);
  expect([...(nas?.beside?.hooks ?? [])]).toEqual(['usluga_activated']);
});

test('what is not routed stays where it was, also when both have it or only the second has', async () => {
  const { run, registry } = await world([beside()]);

  expect(await run('usluga_deactivated')).toMatchObject({ outcome: { type: 'unsupported' } });
  const nas = registry.get('bras-1');
  expect(nas?.plugin.hooks.has('users_from_nas')).toBe(false);
  expect(await nas?.uptime(new AbortController().signal)).toBeNull();
});

test('the second lists and tells the uptime when users_from_nas is routed there and the first cannot', async () => {
  const { registry } = await world([beside('', 'users_from_nas')]);

  const nas = registry.get('bras-1');
  const signal = new AbortController().signal;
  expect(await nas?.listUsers({ signal, onUsers: () => undefined })).toMatchObject({ type: 'listed' });
  expect(await nas?.uptime(signal)).toBe(42);
});

test('each plugin may do what its own manifest asks for, and no more', async () => {
  const { run } = await world([beside()], { line: ['read:*'] });

  expect(await run('usluga_activated')).toMatchObject({
    outcome: { type: 'refused', code: 'not_granted', reason: expect.stringContaining('plugin.json of old-script') },
  });
  expect(await run('user_add')).toMatchObject({ outcome: { type: 'done' } });
});

test.each([
  [beside('  options: { prefix: 5 }'), 'bras-1.yaml:7 beside.options.prefix: expected string, got 5'],
  [
    beside('', 'usluga_activted'),
    'bras-1.yaml:6 beside.hooks[0]: is not a hook of the catalogue; did you mean "usluga_activated"?',
  ],
  [beside('', 'user_auth'), 'bras-1.yaml:6 beside.hooks[0]: the plugin old-script has no hook user_auth'],
  [
    'shadow: { plugin: old-script, hooks: [user_ad] }',
    'shadow.hooks[0]: is not a hook of the catalogue; did you mean "user_add"?',
  ],
  ['shadow: { plugin: old-script, hooks: [user_info] }', 'shadow.hooks[0]: only reads'],
  [beside('', 'user_event_before'), 'goes around every hook of its own plugin'],
  [beside('', ''), 'beside.hooks: expected at least 1 entries'],
  [beside().replace('old-script', 'old-scrip'), 'bras-1.yaml:5 beside.plugin: the plugin old-scrip does not load'],
  [
    beside().replace('old-script', 'old-script@2.0.1'),
    'the profile is held to old-script@2.0.1, and its folder has old-script@2.0.0#',
  ],
  [beside(`  options: { prefix: "\${env:BOX}" }`), 'beside.options.prefix: options go to the plugin'],
  [
    `${beside()}grants: { lin: [] }`,
    'is not a transport that the plugins lines and old-script ask for; did you mean "line"?',
  ],
])('a section is refused with its place (%#)', async (section, problem) => {
  const { refused, save, profile, run, registry } = await world([]);

  await save('bras-1', profile(section));

  await refused(problem);
  // All but what only the loaded plugin says is found in the files alone.
  const [checked] = await registry.validate('bras-1');
  expect(checked?.problems.length === 0).toBe(problem.includes('has no hook'));
  expect(await run('user_add')).toMatchObject({ outcome: { type: 'done' } });
});

test('a change in the folder of either plugin is in force at once', async () => {
  const made = await world([beside()]);
  await saveOld(made, oldPlugin('newer'));
  await until(async () => sentOf(await made.run('usluga_activated'))[0]?.startsWith('newer service'));
  const { plugins } = made.registry;
  expect(await plugins.list()).toEqual([
    expect.objectContaining({ name: 'lines', inForce: [expect.objectContaining({ profiles: ['bras-1'] })] }),
    expect.objectContaining({ name: 'old-script', inForce: [expect.objectContaining({ profiles: ['bras-1'] })] }),
  ]);
  expect(await plugins.reload({ plugin: 'old-script' }, { trust: false })).toEqual(['bras-1']);
});

test('after a restart with a second plugin that does not load, both go on as they were last', async () => {
  const dir = join(tempDir(), 'kept');
  const log = { warn: () => undefined };
  const kept = await openKeptPlugins({ dir, log });
  const made = await openPluginWorld({ open: false });
  await saveOld(made);
  await made.save('bras-1', made.profile(beside()));
  const first = await made.open({ kept });
  await first.close();
  await kept.close();
  await saveOld(made, 'broken (');

  const again = await openKeptPlugins({ dir, log });
  await made.open({ kept: again });

  expect(sentOf(await made.run('usluga_activated'))).toEqual(['old service alice нет']);
  expect(sentOf(await made.run('user_add'))).toEqual(['add alice plain']);
  expect(made.status().problem).toContain('beside.plugin: the plugin old-script does not load');
  await again.close();
});

test('a registry that closes while hooks of both run ends, and so does a profile that is taken away', async () => {
  const { registry, run } = await world([beside()]);
  const runs = [run('user_add'), run('usluga_activated')];
  const nas = registry.get('bras-1');

  await registry.close();

  for (const report of await Promise.all(runs)) expect(report.outcome.type).toBe('done');
  const request = { hook: 'user_add', account: {}, jobId: '1', attempt: 1, token: 't', dryRun: false };
  const late = await nas?.run({ ...request, signal: new AbortController().signal });
  expect(late).toMatchObject({ outcome: { type: 'retry', code: 'aborted' } });
});
