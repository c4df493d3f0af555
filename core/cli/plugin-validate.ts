// `ossia plugin reload --validate-only`: what the daemon would refuse, found without one and without a box.
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FieldProblem, OssiaError, toOssiaError } from '../errors.ts';
import { checkProfile } from '../plugin-host/check-profile.ts';
import { createClaims } from '../plugin-host/claims.ts';
import { createPluginShelf, type PluginShelf } from '../plugin-host/plugin-shelf.ts';
import { createPluginTrier } from '../plugin-host/try-plugin.ts';
import { openSandbox } from '../sandbox/open-sandbox.ts';
import { folderNotes } from './check-files.ts';
import type { Io } from './command.ts';
import { clean, painter } from './text.ts';

interface Asked {
  readonly config: string | undefined;
  readonly plugin: string | undefined;
  readonly nas: string | undefined;
  readonly io: Io;
}

export interface Validated {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly kind: 'settings' | 'plugin' | 'profile';
    readonly name: string;
    readonly version: string | null;
    readonly hash: string | null;
    readonly problems: readonly FieldProblem[];
    readonly warnings: readonly string[];
  }[];
}

type Check = Validated['checks'][number];
const unknownVersion = { version: null, hash: null };

export async function validate(asked: Asked): Promise<Validated> {
  const checks = await checksOf(asked).catch((thrown) => {
    if (!(thrown instanceof OssiaError)) throw thrown;
    const name = asked.config ?? 'ossia.yaml';
    return [{ kind: 'settings' as const, name, ...unknownVersion, problems: problemsOf(thrown, name), warnings: [] }];
  });
  return { ok: checks.every(({ problems }) => problems.length === 0), checks };
}

async function checksOf({ config, plugin, nas, io }: Asked): Promise<Check[]> {
  const { loadSettings } = await import('../config/load-settings.ts');
  const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
  const { checkParts } = await import('../daemon.ts');
  const { transports, loader, hooks } = await checkParts();
  const profiles = await namesIn(settings.profiles);
  if (nas !== undefined && !profiles.includes(nas)) throw nothing(join(settings.profiles, `${nas}.yaml`));
  const shelf = createPluginShelf({ dir: settings.plugins, loader });
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  try {
    const trier = createPluginTrier({ sandbox, transports, hooks });
    const checks: Check[] = [];
    const notes = await folderNotes(settings);
    if (notes.length > 0)
      checks.push({ kind: 'settings', name: config ?? 'ossia.yaml', ...unknownVersion, problems: [], warnings: notes });
    const plugins = nas !== undefined ? [] : plugin === undefined ? await shelf.names() : [plugin];
    for (const name of plugins) checks.push(await checkPlugin(name, { shelf, trier, dir: settings.plugins }));
    // One after the other: the first of two that claim one address has it, as when the daemon starts.
    const claims = createClaims();
    for (const name of profiles) {
      const input = { name, dir: settings.profiles, transports, env: io.env, shelf, claims, hooks };
      const isMeant = nas === undefined || name === nas;
      const rehearsal = isMeant ? { load: trier.build, selfTestMs: null } : undefined;
      const { plugins: named, ...check } = await checkProfile(input, rehearsal);
      if (isMeant && (plugin === undefined || named.includes(plugin)))
        checks.push({ kind: 'profile', ...unknownVersion, ...check });
      if (name === nas) break;
    }
    return checks;
  } finally {
    await sandbox.close();
  }
}

interface Loading {
  readonly shelf: PluginShelf;
  readonly trier: ReturnType<typeof createPluginTrier>;
  readonly dir: string;
}

async function checkPlugin(name: string, { shelf, trier, dir }: Loading): Promise<Check> {
  let known: Pick<Check, 'version' | 'hash'> = unknownVersion;
  try {
    const plugin = await shelf.take(name);
    known = { version: plugin.manifest.version, hash: plugin.hash };
    await trier.load(plugin);
    return { kind: 'plugin', name, ...known, problems: [], warnings: [] };
  } catch (thrown) {
    return { kind: 'plugin', name, ...known, problems: problemsOf(thrown, join(dir, name)), warnings: [] };
  }
}

export function validatedText({ checks }: Validated, io: Io): string {
  const paint = painter(io);
  const lines = checks.flatMap(({ kind, name, version, hash, problems, warnings }) => [
    `${problems.length === 0 ? paint('good', 'ok   ') : paint('bad', 'wrong')}  ${kind.padEnd(8)} ${clean(name)}${version === null ? '' : ` ${version}#${hash?.slice(0, 8)}`}`,
    ...problems.map(({ where, problem }) => `         ${clean(where)}: ${clean(problem)}`),
    ...warnings.map((warning) => `         ${paint('busy', 'note')}: ${clean(warning)}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function nothing(file: string): OssiaError {
  return new OssiaError('not_found', `There is no ${file}.`, {
    fields: [{ where: file, problem: 'there is no such file' }],
  });
}

function problemsOf(thrown: unknown, where: string): readonly FieldProblem[] {
  const error = toOssiaError(thrown);
  return error.fields.length > 0 ? error.fields : [{ where, problem: error.message }];
}

async function namesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => basename(name, '.yaml'))
    .sort();
}
