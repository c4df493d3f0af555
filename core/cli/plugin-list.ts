// `ossia plugin list`: what every plugin's folder holds, which versions are in force, and on which profiles.
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';
import { addressHelp, addressOptions, daemonAddress } from './daemon-address.ts';
import { ask } from './daemon-client.ts';
import { table } from './text.ts';

const help = `usage: ossia plugin list

Lists the plugins: what the folder holds, name, version and hash of the content in force, and the profiles that run it. A profile that is
held to a version ("plugin: acme@1.2.0", or the hash: "plugin: acme@3fa92c01") is shown with that.

${addressHelp}`;

interface VersionView {
  readonly version: string;
  readonly hash: string;
}

interface PluginView {
  readonly name: string;
  readonly on_disk: VersionView | null;
  readonly problem: string;
  readonly in_force: readonly (VersionView & { readonly profiles: readonly string[] })[];
  readonly pins: readonly { readonly profile: string; readonly pin: string }[];
}

interface Row {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  /** Whether the folder holds it too. */
  readonly folder: string;
  readonly profiles: string;
}

export const pluginList: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, { options: addressOptions, words: 0 });
    const answer = await ask<{ readonly plugins: readonly PluginView[] }>(await daemonAddress(options), {
      path: '/v1/plugins',
    });
    const rows = answer.plugins.flatMap(rowsOf);
    if (options.json !== undefined) io.out(`${JSON.stringify(answer, null, 2)}\n`);
    else if (rows.length === 0) io.err('there is no plugin\n');
    else io.out(list(rows, io));
    return exitCodes.ok;
  },
};

function rowsOf({ name, on_disk, in_force, pins }: PluginView): Row[] {
  const pinOf = (profile: string) => pins.find((pin) => pin.profile === profile)?.pin;
  const named = (profile: string) => `${profile}${pinOf(profile) === undefined ? '' : ` (held to ${pinOf(profile)})`}`;
  const rows = in_force.map(({ version, hash, profiles }) => {
    const folder = on_disk === null ? 'does not load' : on_disk.hash === hash ? 'the same' : `has ${shown(on_disk)}`;
    return { name, version, hash, folder, profiles: profiles.map(named).join(', ') };
  });
  if (rows.length > 0) return rows;
  const { version, hash } = on_disk ?? { version: '-', hash: '-' };
  return [{ name, version, hash, folder: on_disk === null ? 'does not load' : 'not in force', profiles: '' }];
}

function shown({ version, hash }: VersionView): string {
  return `${version}#${hash.slice(0, 8)}`;
}

function list(rows: readonly Row[], io: Io): string {
  return table(rows, {
    io,
    columns: [
      { title: 'PLUGIN', text: ({ name }) => name },
      { title: 'VERSION', text: ({ version }) => version },
      { title: 'HASH', text: ({ hash }) => hash.slice(0, 8) },
      {
        title: 'FOLDER',
        text: ({ folder }) => folder,
        tone: ({ folder }) => (folder === 'the same' || folder === 'not in force' ? 'plain' : 'bad'),
      },
      { title: 'PROFILES', text: ({ profiles }) => profiles },
    ],
  });
}
