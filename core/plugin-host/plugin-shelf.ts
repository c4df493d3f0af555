// The plugins as they are on disk now: read and bundled once, however many profiles use them.
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hint } from '../config/hint.ts';
import { OssiaError } from '../errors.ts';
import { compileOptionsSchema, type OptionsCheck } from './options-schema.ts';
import type { PluginManifest } from './plugin-manifest.ts';

export interface Plugin {
  readonly manifest: PluginManifest;
  readonly source: string;
  readonly sourceMap: string;
  /** Of the bundle and the manifest: decides whether anything changed. */
  readonly hash: string;
  readonly checkOptions: OptionsCheck;
}

/** How plugins come from a folder; both reject with `plugin_invalid`. */
export interface PluginLoader {
  readManifest(folder: string): Promise<PluginManifest>;
  bundlePlugin(folder: string): Promise<{ readonly source: string; readonly sourceMap: string; readonly hash: string }>;
}

export interface PluginShelf {
  /** Of the folders that there are. */
  names(): Promise<readonly string[]>;
  /** Rejects with `plugin_invalid`. */
  take(name: string): Promise<Plugin>;
  /** Its folder changed: the next to take it reads it again. */
  forget(name: string): void;
}

export function createPluginShelf({
  dir,
  loader,
}: {
  readonly dir: string;
  readonly loader: PluginLoader;
}): PluginShelf {
  const shelf = new Map<string, Promise<Plugin>>();
  /** Compiling a schema takes longer than bundling, and most saves are of the code alone. */
  const schemas = new Map<string, { readonly text: string; readonly check: OptionsCheck }>();

  function optionsCheck(manifest: PluginManifest): OptionsCheck {
    const text = JSON.stringify(manifest.options);
    const known = schemas.get(manifest.name);
    if (known?.text === text) return known.check;
    const check = compileOptionsSchema(manifest);
    schemas.set(manifest.name, { text, check });
    return check;
  }

  async function read(name: string): Promise<Plugin> {
    const names = await pluginNames(dir);
    if (!names.includes(name))
      throw new OssiaError('plugin_invalid', `There is no plugin ${join(dir, name)}${hint(name, names) || '.'}`, {
        fields: [{ where: join(dir, name), problem: `there is no such plugin${hint(name, names)}` }],
      });
    const folder = join(dir, name);
    const manifest = await loader.readManifest(folder);
    const { source, sourceMap } = await loader.bundlePlugin(folder);
    const hash = pluginHash({ source, manifest });
    return { manifest, source, sourceMap, hash, checkOptions: optionsCheck(manifest) };
  }

  return {
    names: async () => (await pluginNames(dir)).sort(),
    take(name) {
      const there = shelf.get(name);
      if (there) return there;
      const reading = read(name);
      shelf.set(name, reading);
      // One that fails is read again by whoever asks next: what it needs may be outside its folder.
      reading.catch(() => {
        if (shelf.get(name) === reading) shelf.delete(name);
      });
      return reading;
    },
    forget(name) {
      shelf.delete(name);
    },
  };
}

/** Of all that decides what it does: the same files give the same hash, wherever they lie. */
export function pluginHash({ source, manifest }: Pick<Plugin, 'source' | 'manifest'>): string {
  return createHash('sha256').update(source).update('\0').update(JSON.stringify(manifest)).digest('hex');
}

async function pluginNames(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
}
