// A plugin's kit whose boxes are reached by another way that their simulator offers, so that cases and promises are tried over that.
import type { Simulator } from '../plugin-sdk/simulator.ts';
import { importSimulator } from './import-plugin.ts';
import type { PluginKit } from './kit.ts';

/** The names of the ways that the plugin's simulator has beside its own `transports`. */
export async function waysOf({ folder }: PluginKit): Promise<readonly string[]> {
  const start = await importSimulator(folder);
  const simulator = await start();
  const names = Object.keys(simulator.ways ?? {});
  await simulator.close();
  return names;
}

export function kitOver(kit: PluginKit, way: string): PluginKit {
  return {
    ...kit,
    openBox(input = {}) {
      const over = (simulator: Simulator): Simulator => {
        const instead = simulator.ways?.[way];
        if (instead === undefined) throw new Error(`The simulator of ${kit.name} has no way ${way}.`);
        return { ...simulator, transports: { ...simulator.transports, ...instead } };
      };
      const { via = ({ transports }: Simulator) => transports } = input;
      return kit.openBox({ ...input, via: (simulator) => via(over(simulator)) });
    },
  };
}
