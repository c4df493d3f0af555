// Where our plugins are, and which there are.
import { glob } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const plugins = fileURLToPath(new URL('../../plugins/', import.meta.url));

export async function pluginNames(): Promise<string[]> {
  const manifests = await Array.fromAsync(glob('*/plugin.json', { cwd: plugins }));
  return manifests.map((file) => file.split('/')[0] ?? '').sort();
}

export function pluginFolder(name: string): string {
  return plugins + name;
}
