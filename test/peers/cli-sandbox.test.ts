// device.cli as a plugin has it: profile file, manifest's patterns, bundle, sandbox, and the simulators' command line over SSH.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import type { HookRun } from '#core/plugin-host/nas.ts';
import { openRegistry } from '#core/plugin-host/registry.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import { startCliServer } from '#core/simulator/cli-server.ts';
import { cliTransport } from '#core/transport/cli/cli.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { enablePassword, kinds, readConfiguration } from '#test/support/scripted-cli.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const manifest = {
  name: 'acme',
  version: '1.0.0',
  api: '^1',
  summary: 'Types at a box.',
  transports: { cli: ['read:show *', 'clear subscriber *', 'interface *', 'description *', 'copy run *'] },
  options: { type: 'object' },
};

const plugin = `
import { cli, definePlugin } from '#plugin-sdk';
import type manifest from './plugin.json';

export default definePlugin<typeof manifest>({
  hooks: {
    async user_info({ account }, device) {
      const [lines] = [[] as string[]];
      for await (const part of device.cli.lines(cli\`show lines \${2_001}\`)) lines.push(...part);
      return { shown: await device.cli.read(cli\`show \${account['login'] ?? ''}\`), lines: lines.length };
    },
    async user_drop({ account }, device) {
      await device.cli.run(cli\`clear subscriber \${account['login'] ?? ''}\`);
    },
    async user_add({ account }, device) {
      await device.cli.configure([cli\`interface \${account['switch_port'] ?? ''}\`, cli\`description \${account['login'] ?? ''}\`]);
    },
    async user_auth(input, device) {
      await device.cli.run(cli\`show version\`);
    },
    async user_accept(input, device) {
      await device.cli.read(cli\`show version | redirect \${'flash:x'}\`);
    },
    async user_redirect(input, device) {
      await device.cli.run(cli\`clear subscriber all\`, { answers: { b: 'reload' } });
    },
    async user_edit(input, device) {
      await device.cli.run('clear subscriber all\\nreload' as never);
    },
  },
  async selfTest(device) {
    await device.cli.read(cli\`show version\`);
  },
});
`;

async function live() {
  const folder = tempDir();
  const file = join(folder, 'configuration.json');
  await writeFile(file, '{"lines":[]}');
  const server = await startCliServer({ user: 'ossia', password: 'ssh-пароль-9', login: () => kinds.ios(file) });
  onTestFinished(() => server.close());
  await mkdir(join(folder, 'plugins/acme'), { recursive: true });
  await mkdir(join(folder, 'nas-profiles'));
  await writeFile(join(folder, 'plugins/acme/plugin.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'plugins/acme/plugin.ts'), plugin);
  const secretOf = (name: string) => ['$', `{env:${name}}`].join('');
  const cli = {
    ...{ host: '127.0.0.1', port: server.port, user: 'ossia', host_key: server.fingerprint, platform: 'cisco-ios' },
    ...{ password: secretOf('BOX'), enable_password: secretOf('ENABLE') },
  };
  const profile = { plugin: 'acme', match: { nas_ip: '10.0.0.1' }, transports: { cli } };
  await writeFile(join(folder, 'nas-profiles/bras-1.yaml'), stringify(profile));
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  onTestFinished(() => sandbox.close());
  const registry = await openRegistry({
    profilesDir: join(folder, 'nas-profiles'),
    pluginsDir: join(folder, 'plugins'),
    loader: { readManifest, bundlePlugin },
    sandbox,
    transports: { cli: cliTransport as TransportDefinition },
    hooks: catalogue,
    log: { info: () => undefined, warn: () => undefined },
    env: { BOX: 'ssh-пароль-9', ENABLE: enablePassword },
    watch: false,
  });
  onTestFinished(() => registry.close());
  const nas = registry.get('bras-1');
  if (!nas) throw new Error(JSON.stringify(registry.list()));
  const fixed = { jobId: '1', attempt: 1, token: 't-1', dryRun: false, signal: new AbortController().signal };
  const alice = { user_id: '1001', login: 'alice', ip: '10.1.2.3', nas_ip: '10.0.0.1', switch_port: 'Gi0/1' };
  return {
    configuration: () => readConfiguration(file),
    run: (hook: string, account: Record<string, string> = {}, more: Partial<HookRun> = {}) =>
      nas.run({ ...fixed, hook, account: { ...alice, ...account }, ...more }),
  };
}

test('reads, long lists, commands and configurations go through the sandbox to the box', async () => {
  const { run, configuration } = await live();
  expect((await run('user_info')).value).toEqual({ shown: 'asked for alice', lines: 2_001 });
  const dropped = await run('user_drop');
  expect(dropped.outcome).toEqual({ type: 'done' });
  expect(dropped.exchanges.map(({ kind, via, text }) => [kind, via, text])).toContainEqual([
    'sent',
    'cli',
    'clear subscriber alice',
  ]);
  expect((await run('user_add')).outcome).toEqual({ type: 'done' });
  expect(configuration().lines).toEqual(['interface Gi0/1', 'description alice']);
});

test('a value of the billing that is more than a word is refused with its name, and nothing is typed', async () => {
  const { run } = await live();
  for (const login of ['alice\nreload', 'Алиса', 'a|b', 'a b', '?']) {
    const { outcome, exchanges } = await run('user_drop', { login });
    expect(outcome).toMatchObject({ type: 'refused', code: 'value_unsafe' });
    expect(JSON.stringify(outcome)).toContain(JSON.stringify(JSON.stringify(login)).slice(1, -1));
    expect(exchanges).toEqual([]);
  }
});

test('what the manifest does not ask for is not typed: writes of reads, pipes, answers that are commands, finished texts', async () => {
  const { run } = await live();
  for (const hook of ['user_auth', 'user_accept', 'user_redirect']) {
    const { outcome, exchanges } = await run(hook);
    expect(outcome).toMatchObject({ type: 'refused', code: 'not_granted' });
    expect(exchanges).toEqual([]);
  }
  expect((await run('user_edit')).outcome).toMatchObject({ type: 'refused', code: 'arguments_invalid' });
});

test('a dry run makes the reads and records the rest in the words of the box', async () => {
  const { run, configuration } = await live();
  const texts = async (hook: string) =>
    (await run(hook, {}, { dryRun: true })).exchanges.map(({ kind, text }) => `${kind}: ${text}`);
  expect(await texts('user_drop')).toEqual(['recorded: clear subscriber alice']);
  expect(await texts('user_add')).toEqual(['recorded: configure terminal\ninterface Gi0/1\ndescription alice\nend']);
  expect((await run('user_info', {}, { dryRun: true })).value).toMatchObject({ shown: 'asked for alice' });
  expect(configuration().lines).toEqual([]);
});

test('the passwords are nowhere to be seen', async () => {
  const { run } = await live();
  const reports = [
    await run('user_info', { login: 'secret' }),
    await run('user_drop'),
    await run('user_drop', { login: '' }),
  ];
  const all = JSON.stringify(reports);
  expect(all).toContain('enable secret ***');
  expect(all).not.toContain('ssh-пароль-9');
  expect(all).not.toContain(enablePassword);
});
