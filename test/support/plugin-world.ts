// A registry over a folder of its own, with a real box on loopback, real bundling, a real sandbox and real file watching.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { onTestFinished } from 'vitest';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import type { HookReport, HookRun } from '#core/plugin-host/nas.ts';
import { openRegistry, type Registry, type RegistryInput } from '#core/plugin-host/registry.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { TransportDefinition } from '#core/transport/transport.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { lineTransport, startLineBox } from '#test/support/line-box.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

export type PluginWorld = Awaited<ReturnType<typeof openPluginWorld>>;

export const boxSecret = 'Пароль-"коробки"-17';

const manifest = {
  name: 'lines',
  version: '1.0.0',
  api: '^1',
  summary: 'Speaks lines to a box.',
  transports: { line: ['*'] },
  options: {
    type: 'object',
    properties: {
      tag: { type: 'string', default: 'plain' },
      rates: { type: 'array', items: { type: 'integer', minimum: 1 } },
      mode: { enum: ['soft', 'hard'] },
    },
    additionalProperties: false,
  },
};

/** Every hook tells the box its name, the login and the option; `user_info` reads. */
export const linesPlugin = `
import { definePlugin, gone, refuse, retry } from '#plugin-sdk';

export default definePlugin({
  hooks: {
    async user_add({ account, options, log }, device) {
      log('adding ' + account.login);
      return device.line.write('add ' + account.login + ' ' + options.tag);
    },
    async user_del({ account }) {
      throw gone('no such user ' + account.login);
    },
    async user_drop({ account }, device) {
      await device.line.write((account.answer ?? 'drop') + ' ' + account.login);
    },
    async user_redirect({ account }) {
      throw account.later ? retry('later', 1500) : refuse('not here, абонент');
    },
    async user_info({ account }, device) {
      return { answer: await device.line.read('info ' + account.login) };
    },
    async user_accept(input, device) {
      try {
        await device.line.write('no thanks');
      } catch (error) {
        return { code: error.code, message: error.message, said: error.said, stack: String(error.stack) };
      }
    },
    async user_edit(input, device) {
      await device.line.write(42);
    },
    async user_rate_set(input, device) {
      await device.coa.disconnect({});
    },
    async user_auth() {
      throw new Error('broken on purpose');
    },
  },
  async selfTest(device) {
    await device.line.read('hello');
  },
});
`;

export async function openPluginWorld(
  given: {
    readonly open?: boolean;
    readonly relative?: boolean;
    readonly transports?: Record<string, TransportDefinition>;
  } & Partial<RegistryInput> = {},
) {
  const folder = tempDir();
  const profilesDir = join(folder, 'nas-profiles');
  const pluginsDir = join(folder, 'plugins');
  await mkdir(join(profilesDir, 'models'), { recursive: true });
  await mkdir(join(pluginsDir, 'lines'), { recursive: true });
  const box = await startLineBox();
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  const logged: string[] = [];
  const changes: string[] = [];
  const reloads: string[] = [];
  const env: Record<string, string> = { BOX: boxSecret };
  const note = (level: string) => (fields: object, message: string) =>
    void logged.push(`${level} ${message} ${JSON.stringify(fields)}`);
  let registry: Registry | undefined;

  const file = (name: string) => join(profilesDir, `${name}.yaml`);
  const world = {
    folder,
    box,
    sandbox,
    logged,
    changes,
    reloads,
    env,
    profilesDir,
    pluginsDir,
    file,
    get registry(): Registry {
      if (registry === undefined) throw new Error('The registry is not open yet.');
      return registry;
    },
    async open(more: Partial<RegistryInput> = {}): Promise<Registry> {
      registry = await openRegistry({
        profilesDir: given.relative ? relative(process.cwd(), profilesDir) : profilesDir,
        pluginsDir: given.relative ? relative(process.cwd(), pluginsDir) : pluginsDir,
        loader: { readManifest, bundlePlugin },
        sandbox,
        transports: { line: lineTransport as TransportDefinition },
        hooks: catalogue,
        log: { info: note('info'), warn: note('warn') },
        env,
        selfTestMs: 1000,
        onReload: ({ nas, result }) => void reloads.push(`${nas} ${result}`),
        ...given,
        ...more,
      });
      registry.onChange((name) => changes.push(name));
      return registry;
    },
    /** A good profile; further lines go below it. */
    profile: (...more: readonly string[]) =>
      [
        'plugin: lines',
        'match: { nas_ip: 10.0.0.1, nas_id: 007 }',
        `transports: { line: { host: 127.0.0.1, port: ${box.port}, secret: \${env:BOX} } }`,
        ...more,
      ].join('\n'),
    save: (name: string, text: string) => writeFile(file(name), text),
    /** As editors do. */
    async saveByRename(name: string, text: string) {
      await writeFile(join(profilesDir, `.${name}.swp`), text);
      await rename(join(profilesDir, `.${name}.swp`), file(name));
    },
    savePlugin: (source: string) => writeFile(join(pluginsDir, 'lines', 'plugin.ts'), source),
    saveManifest: (changes: object) =>
      writeFile(join(pluginsDir, 'lines', 'plugin.json'), JSON.stringify({ ...manifest, ...changes })),
    status(name = 'bras-1') {
      const status = world.registry.list().find((one) => one.name === name);
      if (status === undefined) throw new Error(`There is no profile ${name}.`);
      return status;
    },
    run(hook: string, more: Partial<HookRun> = {}, name = 'bras-1'): Promise<HookReport> {
      const nas = world.registry.get(name);
      if (nas === undefined) throw new Error(`${name} is not in force.`);
      const { signal } = new AbortController();
      const account = { user_id: '1001', login: 'alice', nas_ip: '10.0.0.1', ...more.account };
      return nas.run({ hook, jobId: '1', attempt: 1, token: 't-1', dryRun: false, signal, ...more, account });
    },
    /** Waits until the newest save of the profile is in force, seen by what the plugin then tells the box. */
    inForce: (tag: string, name = 'bras-1') =>
      until(() => world.registry.get(name)?.profile.options['tag'] === tag && world.registry.get(name)),
    refused: (text: string, name = 'bras-1') =>
      until(() => {
        const { problem } = world.registry.list().find((one) => one.name === name) ?? { problem: '' };
        return problem.includes(text) && problem;
      }),
    /** All that anybody could read of the registry. */
    said: () => JSON.stringify([logged, world.registry.list(), world.registry.list().map(({ nas }) => nas?.profile)]),
  };
  onTestFinished(async () => {
    await registry?.close();
    await sandbox.close();
    await box.close();
  });
  await world.savePlugin(linesPlugin);
  await world.saveManifest({});
  await world.save('bras-1', world.profile('options: { tag: first }'));
  if (given.open !== false) await world.open();
  return world;
}
