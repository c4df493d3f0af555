// One plugin in force over its simulated box, in the real sandbox: what the kit opens, for tests that go on from there.
import type { KitBox } from '#core/plugin-kit/box.ts';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';

export type SimulatedNas = KitBox;

interface SimulatedNasInput {
  readonly plugin: string;
  readonly state: unknown;
  readonly options: unknown;
  readonly limits?: Readonly<Record<string, unknown>>;
}

/** Closing the box closes all that is behind it. */
export async function openSimulatedNas({ plugin, ...box }: SimulatedNasInput): Promise<SimulatedNas> {
  const kit = await openPluginKit({ folder: pluginFolder(plugin), engine: 'sandbox' });
  try {
    return { ...(await kit.openBox(box)), close: kit.close };
  } catch (error) {
    await kit.close();
    throw error;
  }
}
