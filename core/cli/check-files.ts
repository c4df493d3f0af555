// Checks every profile and every plugin as the daemon would read them, and runs nothing.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TransportDefinitions } from '../config/load-profile.ts';
import type { Settings } from '../config/settings.ts';
import { type FieldProblem, toOssiaError } from '../errors.ts';
import type { HookDefinition } from '../model/hook.ts';
import { checkProfile } from '../plugin-host/check-profile.ts';
import { createClaims } from '../plugin-host/claims.ts';
import { createPluginShelf, type PluginLoader } from '../plugin-host/plugin-shelf.ts';

export interface FileCheck {
  readonly kind: 'profile' | 'plugin';
  readonly name: string;
  readonly problems: readonly FieldProblem[];
  readonly warnings: readonly string[];
}

interface CheckInput {
  readonly transports: TransportDefinitions;
  readonly loader: PluginLoader;
  readonly hooks: ReadonlyMap<string, HookDefinition>;
  readonly settings: Pick<Settings, 'profiles' | 'plugins'>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export async function checkFiles({ settings, env, transports, loader, hooks }: CheckInput): Promise<FileCheck[]> {
  const shelf = createPluginShelf({ dir: settings.plugins, loader });
  const claims = createClaims();
  const checks: FileCheck[] = [];
  for (const name of await foldersIn(settings.plugins)) {
    const problems = await shelf.take(name).then(() => [], problemsIn(join(settings.plugins, name)));
    checks.push({ kind: 'plugin', name, problems, warnings: [] });
  }
  // One after the other: the first of two that claim one address has it, as when the daemon starts.
  for (const name of await profilesIn(settings.profiles)) {
    const { plugins, ...check } = await checkProfile({
      name,
      dir: settings.profiles,
      transports,
      env,
      shelf,
      claims,
      hooks,
    });
    checks.push({ kind: 'profile', ...check });
  }
  return checks;
}

function problemsIn(where: string): (thrown: unknown) => readonly FieldProblem[] {
  return (thrown) => {
    const error = toOssiaError(thrown);
    return error.fields.length > 0 ? error.fields : [{ where, problem: error.message }];
  };
}

/** What is no mistake and yet seldom meant: a folder that is not there, or a file that is not read. */
export async function folderNotes({ profiles, plugins }: CheckInput['settings']): Promise<string[]> {
  const notes: string[] = [];
  for (const [key, folder] of Object.entries({ profiles, plugins })) {
    const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => error.code ?? 'unknown error');
    if (typeof entries === 'string')
      notes.push(
        `${folder}: ${entries === 'ENOENT' ? 'there is no such folder' : `the folder cannot be read (${entries})`}; ` +
          `make it, or set ${key} in ossia.yaml`,
      );
    else if (key === 'profiles')
      for (const name of entries.filter((entry) => entry.endsWith('.yml')))
        notes.push(`${join(folder, name)}: this file is not read: the name of a profile ends in .yaml`);
  }
  return notes;
}

async function profilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => !entry.isDirectory() && entry.name.endsWith('.yaml'));
  return files.map((entry) => basename(entry.name, '.yaml')).sort();
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}
