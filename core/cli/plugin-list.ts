// `ossia plugin list`: which plugins are in force, in which versions, and on which profiles.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { table } from './text.ts';

const help = `usage: ossia plugin list

Lists the plugins in force: name, version, the hash of their content, and the profiles that run it.

${addressHelp}`;

interface NasView {
  readonly name: string;
  readonly plugin: { readonly name: string; readonly version: string; readonly hash: string } | null;
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly profiles: readonly string[];
}

export const pluginList: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, { options: addressOptions, words: 0 });
    const { nas } = await ask<{ readonly nas: readonly NasView[] }>(await daemonAddress(options), { path: '/v1/nas' });
    const plugins = byVersion(nas);
    if (options.json !== undefined) io.out(`${JSON.stringify({ plugins }, null, 2)}\n`);
    else if (plugins.length === 0) io.err('no plugin is in force\n');
    else io.out(list(plugins, io));
    return exitCodes.ok;
  },
};

function byVersion(boxes: readonly NasView[]): Row[] {
  const rows = new Map<string, Row & { profiles: string[] }>();
  for (const { name, plugin } of boxes) {
    if (plugin === null) continue;
    const key = `${plugin.name} ${plugin.hash}`;
    const row = rows.get(key) ?? { name: plugin.name, version: plugin.version, hash: plugin.hash, profiles: [] };
    row.profiles.push(name);
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function list(rows: readonly Row[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'PLUGIN', text: ({ name }) => name },
      { title: 'VERSION', text: ({ version }) => version },
      { title: 'HASH', text: ({ hash }) => hash.slice(0, 8) },
      { title: 'PROFILES', text: ({ profiles }) => profiles.join(', ') },
    ],
  });
}
