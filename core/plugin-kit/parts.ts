// The real parts that a plugin is tried with: transports with the dictionaries, the hooks' catalogue, the bundler.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Catalogue, loadCatalogue } from '../map/catalogue.ts';
import { bundlePlugin } from '../plugin-host/bundle.ts';
import { readManifest } from '../plugin-host/manifest.ts';
import type { PluginLoader } from '../plugin-host/plugin-shelf.ts';
import { allTransports } from '../transport/all.ts';
import { loadDictionary } from '../transport/radius/dictionary.ts';
import type { TransportDefinition } from '../transport/transport.ts';

export interface KitParts {
  readonly transports: Readonly<Record<string, TransportDefinition>>;
  readonly hooks: Catalogue;
  /** Reads and bundles each folder once. */
  readonly loader: PluginLoader;
}

const home = fileURLToPath(new URL('../..', import.meta.url));

export async function loadParts(): Promise<KitParts> {
  const [dictionary, hooks] = await Promise.all([
    loadDictionary(join(home, 'nas-profiles/dictionaries')),
    loadCatalogue(join(home, 'hooks')),
  ]);
  const loader = { readManifest: once(readManifest), bundlePlugin: once(bundlePlugin) };
  return { transports: allTransports(dictionary), hooks, loader };
}

function once<Value>(read: (folder: string) => Promise<Value>): (folder: string) => Promise<Value> {
  const known = new Map<string, Promise<Value>>();
  return (folder) => {
    const value = known.get(folder) ?? read(folder);
    known.set(folder, value);
    return value;
  };
}
