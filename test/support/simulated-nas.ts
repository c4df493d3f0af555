// One plugin in force over its simulated box: the real registry, bundle, sandbox and transports between them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import type { HookReport, Nas } from '#core/plugin-host/nas.ts';
import { openRegistry } from '#core/plugin-host/registry.ts';
import type { Simulator, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import { allTransports } from '#core/transport/all.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { makeTempDir } from '#test/support/temp-dir.ts';

const root = new URL('../../', import.meta.url).pathname;

export interface SimulatedNas {
  readonly nas: Nas;
  readonly simulator: Simulator;
  run(hook: string, account: Readonly<Record<string, string>>): Promise<HookReport>;
  close(): Promise<void>;
}

interface SimulatedNasInput {
  readonly plugin: string;
  readonly state: unknown;
  readonly options: unknown;
  readonly limits?: Readonly<Record<string, unknown>>;
}

export async function openSimulatedNas({ plugin, state, options, limits }: SimulatedNasInput): Promise<SimulatedNas> {
  const { startSimulator } = (await import(join(root, `plugins/${plugin}/simulator.ts`))) as {
    startSimulator: StartSimulator;
  };
  const simulator = await startSimulator({ state });
  const { directory, remove } = makeTempDir();
  await mkdir(join(directory, 'nas-profiles'));
  const profile = {
    plugin,
    match: { nas_ip: '10.0.0.1' },
    transports: simulator.transports,
    options,
    limits: { rate: 'unlimited', ...limits },
  };
  await writeFile(join(directory, 'nas-profiles/box.yaml'), stringify(profile));
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  const registry = await openRegistry({
    profilesDir: join(directory, 'nas-profiles'),
    pluginsDir: join(root, 'plugins'),
    loader: { readManifest, bundlePlugin },
    sandbox,
    transports: allTransports(await loadDictionary(join(root, 'nas-profiles/dictionaries'))),
    hooks: catalogue,
    log: { info: () => undefined, warn: () => undefined },
    watch: false,
  });
  const close = async (): Promise<void> => {
    await registry.close();
    await sandbox.close();
    await simulator.close();
    remove();
  };
  const nas = registry.get('box');
  if (nas === undefined) {
    const problem = registry.list()[0]?.problem;
    await close();
    throw new Error(problem);
  }
  return {
    nas,
    simulator,
    run: (hook, account) =>
      nas.run({
        hook,
        account,
        jobId: '1',
        attempt: 1,
        token: 'job-1',
        dryRun: false,
        signal: new AbortController().signal,
      }),
    close,
  };
}
