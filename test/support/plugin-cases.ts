// The plugins that there are, and their cases: data that the plugins' own tests and the contract over all of them run.
import { glob, readFile } from 'node:fs/promises';
import type { Account } from '#core/model/account.ts';

const plugins = new URL('../../plugins/', import.meta.url).pathname;

export interface PluginCase<Options = Record<string, unknown>> {
  /** What the box holds before, as the plugin's simulator takes it. */
  readonly state: unknown;
  readonly account: Account;
  readonly options: Options;
  /** The outcome's type, or the error's code that it ends with. */
  readonly outcome: string;
  readonly state_after: unknown;
  /** What the box was told, in its own language. */
  readonly sent: readonly string[];
  /** What a read hook answers. */
  readonly returns?: unknown;
}

export type NamedCase<Options = Record<string, unknown>> = readonly [
  hook: string,
  name: string,
  of: PluginCase<Options>,
];

export async function pluginNames(): Promise<string[]> {
  const manifests = await Array.fromAsync(glob('*/plugin.json', { cwd: plugins }));
  return manifests.map((file) => file.split('/')[0] ?? '').sort();
}

/** From `cases/<hook>/<name>.json`. */
export async function pluginCases<Options = Record<string, unknown>>(plugin: string): Promise<NamedCase<Options>[]> {
  const files = await Array.fromAsync(glob('*/*.json', { cwd: `${plugins}${plugin}/cases` }));
  return Promise.all(
    files.sort().map(async (file) => {
      const [hook = '', name = ''] = file.replace('.json', '').split('/');
      const text = await readFile(`${plugins}${plugin}/cases/${file}`, 'utf8');
      return [hook, name, JSON.parse(text) as PluginCase<Options>] as const;
    }),
  );
}
