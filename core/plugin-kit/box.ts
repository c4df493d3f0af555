// A simulated box with a profile of its own in force: the real registry, transports and deadlines between plugin and simulator.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { OssiaError } from '../errors.ts';
import type { HookReport, HookRun, Nas } from '../plugin-host/nas.ts';
import { openRegistry } from '../plugin-host/registry.ts';
import type { SimulatedExchange, Simulator, StartSimulator } from '../plugin-sdk/simulator.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { KitParts } from './parts.ts';

export interface BoxInput {
  /** As the simulator takes it. */
  readonly state?: unknown;
  /** The profile's `options`. */
  readonly options?: unknown;
  /** The profile's `limits`, e.g. `{ deadline: '1s' }`. */
  readonly limits?: Readonly<Record<string, unknown>>;
  /** Makes the profile's `transports` of the simulator's, e.g. to put something between. */
  via?(simulator: Simulator): Promise<Simulator['transports']> | Simulator['transports'];
}

export interface KitBox {
  readonly nas: Nas;
  readonly simulator: Simulator;
  /** What the box took since it was opened, the self-test left out. */
  exchanges(): readonly SimulatedExchange[];
  /** A copy of what the box holds. */
  state(): unknown;
  run(hook: string, account: HookRun['account'], more?: Partial<HookRun>): Promise<HookReport>;
  close(): Promise<void>;
}

interface OpenBoxInput extends BoxInput {
  readonly folder: string;
  readonly parts: KitParts;
  readonly sandbox: Sandbox;
  readonly startSimulator: StartSimulator;
}

/** Rejects with an OssiaError when plugin, options or self-test keep the profile from going live. */
export async function openBox(input: OpenBoxInput): Promise<KitBox> {
  const { folder, parts, sandbox, startSimulator, state = {}, options = {}, limits = {}, via } = input;
  const releases: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const release of releases.splice(0).reverse()) await release();
  };
  try {
    const simulator = await startSimulator({ state: structuredClone(state) });
    releases.push(() => simulator.close());
    const directory = await mkdtemp(join(tmpdir(), 'ossia-kit-'));
    releases.push(() => rm(directory, { recursive: true, force: true }));
    const profile = {
      plugin: plugin(folder),
      match: { nas_ip: '10.0.0.1' },
      transports: via ? await via(simulator) : simulator.transports,
      options,
      limits: { rate: 'unlimited', ...limits },
    };
    const profilesDir = join(directory, 'nas-profiles');
    await mkdir(profilesDir);
    await writeFile(join(profilesDir, 'box.yaml'), stringify(profile), { mode: 0o600 });
    const registry = await openRegistry({
      profilesDir,
      pluginsDir: dirname(folder),
      ...parts,
      sandbox,
      log: { info: () => undefined, warn: () => undefined },
      watch: false,
    });
    releases.push(() => registry.close());
    const nas = registry.get('box');
    if (nas === undefined) {
      const { problem = '' } = registry.list()[0] ?? {};
      throw new OssiaError('profile_invalid', problem.replaceAll(`${profilesDir}/`, ''));
    }
    const exchanges: SimulatedExchange[] = [];
    simulator.onExchange((exchange) => void exchanges.push(exchange));
    const held = (): unknown => structuredClone(simulator.state());
    return {
      nas,
      simulator,
      exchanges() {
        // Some only tell what they were told when they are asked.
        simulator.state();
        return exchanges;
      },
      state: held,
      run(hook, account, more = {}) {
        const { signal } = new AbortController();
        return nas.run({ hook, account, jobId: '1', attempt: 1, token: 'job-1', dryRun: false, signal, ...more });
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function plugin(folder: string): string {
  return folder.slice(dirname(folder).length + 1);
}
