// What is verified how, plugin by plugin and hook by hook, from the plugins' folders: cases, `verified.json`, and the tables of quirks.
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { pluginFolder, pluginNames } from './plugin-folders.ts';

/** `verified.json`: tests in which somebody else's program is the peer, and which hooks are run there. */
const verifiedSchema = z.strictObject({
  peers: z.array(
    z.strictObject({
      /** `real`: what the plugin is for, or a box that others wrote; `independent`: another implementation of the protocol. */
      kind: z.enum(['real', 'independent']),
      /** What it is, in a few words. */
      peer: z
        .string()
        .min(1)
        .regex(/^[^|\n]*$/),
      tests: z.array(z.strictObject({ file: z.string(), name: z.string(), hooks: z.array(z.string()) })).min(1),
    }),
  ),
});
export type Verified = z.output<typeof verifiedSchema>;

export interface VerifiedPlugin {
  readonly name: string;
  /** What `plugin.ts` defines. */
  readonly hooks: ReadonlySet<string>;
  /** By hook: how many cases the contract tests run against the simulator. */
  readonly cases: ReadonlyMap<string, number>;
  readonly verified: Verified;
  /** Of the quirks in its README: those with a source that somebody can read, and those from memory. */
  readonly quirks: { readonly sourced: number; readonly memory: number };
}

export async function verifiedPlugins(): Promise<VerifiedPlugin[]> {
  return Promise.all((await pluginNames()).map(readPlugin));
}

async function readPlugin(name: string): Promise<VerifiedPlugin> {
  const folder = pluginFolder(name);
  const { default: plugin } = (await import(join(folder, 'plugin.ts'))) as { default: { hooks: object } };
  const cases = new Map<string, number>();
  for await (const file of glob('*/*.json', { cwd: join(folder, 'cases') })) {
    const [hook = ''] = file.split('/');
    cases.set(hook, (cases.get(hook) ?? 0) + 1);
  }
  const text = await textOf(join(folder, 'verified.json'), '{ "peers": [] }');
  // That a plugin has one is a promise of the contract tests.
  const quirks = quirksIn(await textOf(join(folder, 'README.md'), ''));
  return {
    name,
    hooks: new Set(Object.keys(plugin.hooks)),
    cases,
    verified: verifiedSchema.parse(JSON.parse(text)),
    quirks,
  };
}

function textOf(file: string, absent: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return absent;
    throw error;
  });
}

/** Rows of tables whose last column is `from`. */
export function quirksIn(readme: string): VerifiedPlugin['quirks'] {
  let isInside = false;
  const sources: string[] = [];
  for (const line of readme.split('\n')) {
    const cells = line.startsWith('|')
      ? line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim())
      : [];
    const last = cells.at(-1) ?? '';
    if (cells.length === 0) isInside = false;
    else if (last === 'from') isInside = true;
    // `the same` is what stands above it.
    else if (isInside && !/^-+$/.test(last)) sources.push(/^(the same|)$/.test(last) ? (sources.at(-1) ?? '') : last);
  }
  const memory = sources.filter((source) => /memory/i.test(source)).length;
  return { sourced: sources.length - memory, memory };
}
