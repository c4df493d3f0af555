// `ossia migrate`: reads an old `session` script and says what it does, what is dangerous in it, and what would take its place.
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { actionsOf } from '../migration/actions.ts';
import { type Danger, dangerKinds, dangersOf } from '../migration/dangers.ts';
import { profilesFor, profileText } from '../migration/profile-text.ts';
import { readScript } from '../migration/script-functions.ts';
import { type Suggestion, suggestPlugin } from '../migration/suggestion.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia migrate SCRIPT [--nas_ip ADDRESS] [--plugin NAME] [--write FILE] [--config FILE]

Reads a NAS's old \`session\` script, without running it, and says function by function what it does and what is dangerous in
it, and which of the plugins that are there would take its place. The profile to begin with is printed, or written to a file.

  --nas_ip ADDRESS   the box, for the profile
  --plugin NAME      the profile for this plugin instead of the suggested one; carbon-script runs the script as it stands
  --write FILE       where the profile goes; a file that is there is not overwritten
  --config FILE      settings that say where the plugins are; ossia.yaml by default
  --json             print one JSON document

exit codes
  0  read
  1  the script cannot be read, or the profile not written
  2  used wrongly
`;

const options = { nas_ip: 'value', plugin: 'value', write: 'value', config: 'value', json: 'flag' } as const;
const mostBytes = 4 * 1024 ** 2;

interface Report {
  readonly script: string;
  readonly functions: readonly {
    readonly name: string;
    readonly hook: boolean;
    readonly does: readonly string[];
    readonly dangers: readonly Danger[];
  }[];
  readonly outside: readonly Danger[];
  /** Hooks that the script has no function for. */
  readonly missing: readonly string[];
  readonly suggestion: Suggestion;
  readonly profile: string;
}

export const migrate: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options, words: 1 });
    const [file] = words;
    if (file === undefined) throw new UsageError('say which script');
    const { nas_ip: nasIp = '10.0.0.1' } = given;
    if (isIP(nasIp) === 0) throw new UsageError(`--nas_ip ${nasIp} is no address`);
    if (given.plugin !== undefined && !profilesFor.has(given.plugin))
      throw new UsageError(
        `there is no profile to begin with for ${given.plugin}; there are ${[...profilesFor].join(', ')}`,
      );
    try {
      const folder = await pluginsFolder(given.config, io);
      const available = await pluginsIn(folder);
      if (given.plugin !== undefined && !available.has(given.plugin))
        throw new Error(`there is no plugin ${given.plugin} in ${folder}`);
      const report = await examine({ file: resolve(file), nasIp, plugin: given.plugin, available });
      if (given.write !== undefined) await writeFile(given.write, report.profile, { flag: 'wx' });
      if (given.json === undefined) io.out(shown(report, given.write, io));
      else io.out(`${JSON.stringify(report, null, 2)}\n`);
      return exitCodes.ok;
    } catch (error) {
      const { code, path, message } = error as NodeJS.ErrnoException;
      io.err(
        `ossia migrate: ${clean(code === 'EEXIST' ? `${path} is there already; nothing was written` : message)}\n`,
      );
      return exitCodes.refused;
    }
  },
};

interface Asked {
  readonly file: string;
  readonly nasIp: string;
  readonly plugin: string | undefined;
  readonly available: ReadonlySet<string>;
}

/** As the settings say; where there are none and no such folder, those that came with the program. */
async function pluginsFolder(config: string | undefined, io: Io): Promise<string> {
  const { loadSettings } = await import('../config/load-settings.ts');
  const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
  const isSaid =
    settings.file !== null ||
    (await access(settings.plugins).then(
      () => true,
      () => false,
    ));
  return isSaid ? settings.plugins : fileURLToPath(new URL('../../plugins', import.meta.url));
}

/** A folder that is not a plugin yet is none. */
async function pluginsIn(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch(() => []);
  const isThere = (name: string) =>
    access(join(folder, name, 'plugin.json')).then(
      () => [name],
      () => [],
    );
  return new Set((await Promise.all(names.map(isThere))).flat());
}

async function examine({ file, nasIp, plugin, available }: Asked): Promise<Report> {
  const bytes = await readFile(file);
  if (bytes.length > mostBytes || bytes.includes(0)) throw new Error(`${file} is no script`);
  const script = readScript(bytes.toString('utf8'));
  const { loadCatalogue } = await import('../map/catalogue.ts');
  const catalogue = await loadCatalogue(fileURLToPath(new URL('../../hooks', import.meta.url)));
  const own = new Set(script.functions.map(({ name }) => name));
  const suggestion = suggestPlugin(script, available);
  const chosen = plugin ?? (profilesFor.has(suggestion.plugin) ? suggestion.plugin : 'carbon-script');
  return {
    script: file,
    functions: script.functions.map(({ name, lines }) => ({
      name,
      hook: catalogue.has(name),
      does: actionsOf(lines, new Set([...own].filter((other) => other !== name))),
      dangers: dangersOf(lines),
    })),
    outside: dangersOf(script.rest),
    missing: [...catalogue.values()]
      .filter(({ kind, name }) => kind === 'change' && !own.has(name))
      .map(({ name }) => name),
    suggestion,
    profile: profileText({ plugin: chosen, script: file, nasIp, suggested: suggestion.plugin }),
  };
}

function shown({ functions, outside, missing, suggestion, profile }: Report, file: string | undefined, io: Io): string {
  const paint = painter(io);
  const told = (dangers: readonly Danger[]): string =>
    [...Map.groupBy(dangers, ({ line }) => line)]
      .map(([line, all]) => {
        const head = `  line ${line}: ${paint('faint', clean((all[0]?.text ?? '').slice(0, 160)))}\n`;
        return head + all.map(({ kind }) => `    ${paint('bad', kind)}: ${dangerKinds[kind]}\n`).join('');
      })
      .join('');
  const parts = functions.map(({ name, hook, does, dangers }) => {
    const what = does.length > 0 ? does.join('; ') : 'nothing that reaches a box';
    return `${paint(hook ? 'good' : 'plain', clean(name))}${hook ? '' : ' (no hook)'}: ${clean(what)}\n${told(dangers)}`;
  });
  if (outside.length > 0) parts.push(`outside of functions\n${told(outside)}`);
  if (functions.length === 0) parts.push('no function was found in it\n');
  if (missing.length > 0) parts.push(`\nhooks without a function: ${missing.join(', ')}\n`);
  parts.push(`\nplugin: ${suggestion.plugin} (${suggestion.because})\n`);
  parts.push(file === undefined ? `\n${profile}` : `profile written to ${clean(file)}\n`);
  return parts.join('');
}
