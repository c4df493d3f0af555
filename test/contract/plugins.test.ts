// What holds for every plugin: each case in the real sandbox, by a real profile, against the plugin's own simulated box.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import { openRegistry, type Registry } from '#core/plugin-host/registry.ts';
import type { Simulator, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Sandbox } from '#core/sandbox/sandbox.ts';
import { allTransports } from '#core/transport/all.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { type NamedCase, pluginCases, pluginNames } from '#test/support/plugin-cases.ts';
import { makeTempDir } from '#test/support/temp-dir.ts';

const root = new URL('../../', import.meta.url).pathname;
const transports = allTransports(await loadDictionary(join(root, 'nas-profiles/dictionaries')));

describe.each(await pluginNames())('%s', async (plugin) => {
  const cases = await pluginCases(plugin);
  const profileOf = ([hook, name]: NamedCase): string =>
    `${hook}-${name}`.replaceAll('_', '-').slice(0, 62).replace(/-$/, '');
  const boxes = new Map<string, Simulator>();
  const { directory, remove } = makeTempDir();
  let sandbox: Sandbox;
  let registry: Registry;

  beforeAll(async () => {
    const { startSimulator } = (await import(join(root, `plugins/${plugin}/simulator.ts`))) as {
      startSimulator: StartSimulator;
    };
    await mkdir(join(directory, 'nas-profiles'));
    for (const [index, one] of cases.entries()) {
      const simulator = await startSimulator({ state: one[2].state });
      boxes.set(profileOf(one), simulator);
      // Each case is a box of its own, with a profile of its own.
      const match = { nas_ip: `10.${index >> 8}.${index & 255}.1` };
      const profile = {
        plugin,
        match,
        transports: simulator.transports,
        options: one[2].options,
        limits: { rate: 'unlimited' },
      };
      await writeFile(join(directory, 'nas-profiles', `${profileOf(one)}.yaml`), stringify(profile));
    }
    sandbox = await openSandbox({ workers: 1, log: () => undefined });
    registry = await openRegistry({
      profilesDir: join(directory, 'nas-profiles'),
      pluginsDir: join(root, 'plugins'),
      loader: { readManifest, bundlePlugin },
      sandbox,
      transports,
      hooks: catalogue,
      log: { info: () => undefined, warn: () => undefined },
      watch: false,
    });
  }, 120_000);
  afterAll(async () => {
    await registry?.close();
    await sandbox?.close();
    await Promise.all([...boxes.values()].map((box) => box.close()));
    remove();
  });

  const run = async (one: NamedCase, dryRun: boolean) => {
    const nas = registry.get(profileOf(one));
    if (nas === undefined) throw new Error(registry.list().find(({ name }) => name === profileOf(one))?.problem);
    const [hook, , { account }] = one;
    const signal = new AbortController().signal;
    const report = await nas.run({ hook, account, jobId: '1', attempt: 1, token: 'job-1', dryRun, signal });
    const { outcome } = report;
    // A case names the outcome, or the code when an error of the box ends it.
    const names = [outcome.type, 'code' in outcome ? outcome.code : outcome.type];
    return { report, names, state: structuredClone(boxes.get(profileOf(one))?.state()) };
  };

  test('has a README, a simulator and a case for every hook that it handles', async () => {
    const readme = await readFile(join(root, `plugins/${plugin}/README.md`), 'utf8');
    const hooks = [...(registry.list()[0]?.nas?.plugin.hooks ?? [])].sort();
    expect(hooks.length).toBeGreaterThan(0);
    for (const hook of hooks) expect(readme).toMatch(new RegExp(`\\b${hook}\\b`));
    expect([...new Set(cases.map(([hook]) => hook))].sort()).toEqual(hooks);
  });

  test.each(cases)(
    '%s %s: a dry run changes nothing; then it ends as it should, and once more the same',
    async (...one) => {
      const [hook, , wanted] = one;
      const before = structuredClone(boxes.get(profileOf(one))?.state());
      const dry = await run(one, true);
      if (catalogue.get(hook)?.kind === 'change') expect(dry.state).toEqual(before);

      const first = await run(one, false);
      expect(first.names, JSON.stringify(first.report.outcome)).toContain(wanted.outcome);
      expect(first.state).toEqual(wanted.state_after);

      const second = await run(one, false);
      if (wanted.outcome === 'done')
        expect(['done', 'gone'], JSON.stringify(second.report.outcome)).toContain(second.report.outcome.type);
      expect(second.state).toEqual(wanted.state_after);
    },
  );
});
