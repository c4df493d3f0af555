// Makes the folder of a new plugin: a copy of the starter of its transport, under its own name, whole or not at all.
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OssiaError } from '../errors.ts';
import { isInside } from '../plugin-host/plugin-folder.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const starters = fileURLToPath(new URL('starters', import.meta.url));

export const starterTransports = ['ssh', 'cli', 'routeros', 'http', 'coa', 'script'] as const;
export type StarterTransport = (typeof starterTransports)[number];

interface StarterInput {
  /** The folder that is to hold the plugin's; made when it is not there. */
  readonly dir: string;
  readonly name: string;
  readonly transport: StarterTransport;
}

export interface NewPlugin {
  readonly folder: string;
  /** From the folder on, in order. */
  readonly files: readonly string[];
}

/** Rejects with `input_invalid` for a name that is none, `conflict` when there is something of that name. */
export async function createPlugin({ dir, name, transport }: StarterInput): Promise<NewPlugin> {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    throw new OssiaError(
      'input_invalid',
      `"${name}" is no name of a plugin: small letters, digits and -, e.g. acme-bng.`,
    );
  const folder = resolve(dir, name);
  if (await isThere(folder))
    throw new OssiaError(
      'conflict',
      `${folder} is there already, and nothing was changed; take another name, or remove it.`,
    );
  await mkdir(dirname(folder), { recursive: true });
  // Hidden, so that a daemon that watches this folder sees the plugin when it is whole.
  const draft = await mkdtemp(join(dirname(folder), `.${name}-`));
  try {
    const whole = join(draft, name);
    await cp(join(starters, transport), whole, { recursive: true });
    await rm(join(whole, 'tsconfig.json'), { force: true });
    for (const file of await filesIn(whole)) {
      const text = await readFile(join(whole, file), 'utf8');
      const named = text.replaceAll('acme', name).replaceAll('ACME', name.toUpperCase());
      await writeFile(join(whole, file), named);
    }
    if (!isInside(home, await realpath(dirname(folder))))
      await writeFile(join(whole, 'tsconfig.json'), `${JSON.stringify(settingsOutside, null, 2)}\n`);
    const files = await filesIn(whole);
    await rename(whole, folder);
    return { folder, files };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** For editors: in a folder outside of ours nothing else says what `#plugin-sdk` is. */
const settingsOutside = { extends: join(home, 'core/plugin-kit/plugin.tsconfig.json'), include: ['**/*.ts'] };

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
