// `ossia plugin new`: a folder with a whole small plugin in it, which passes its check and its tests at once.
import { join, relative } from 'node:path';
import { createPlugin, type StarterTransport, starterTransports } from '../plugin-kit/starter.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, UsageError } from './command.ts';
import { inWords } from './plugin-folder.ts';
import { clean } from './text.ts';

const help = `usage: ossia plugin new NAME [--transport ${starterTransports.join('|')}] [--dir FOLDER]

Makes a plugin to begin with: plugin.json, plugin.ts, its options, cases for a few hooks, a simulator of the box, a README. It
passes "ossia plugin check" and "ossia plugin test" as it is. Nothing that is there is written over.

  --transport NAME  how the box is reached; ssh by default
  --dir FOLDER      the folder that holds the plugin's; that of ossia.yaml by default. Outside of Ossia's own folder it also
                    gets a tsconfig.json, so that an editor knows #plugin-sdk
  --config PATH     another settings file
  --json            print one JSON document

exit codes
  0  it is there
  1  something of that name was there already, or cannot be written
  2  used wrongly
`;

const grammar = { options: { transport: 'value', dir: 'value', config: 'value', json: 'flag' }, words: 1 } as const;

export const pluginNew: Command = {
  help,
  async run(argv, io) {
    const { words, options } = readArguments(argv, grammar);
    const [name] = words;
    if (name === undefined) throw new UsageError('say how it is to be called');
    const { transport = 'ssh', json } = options;
    if (!isStarter(transport))
      throw new UsageError(`there is no starter for "${transport}"; there are ${starterTransports.join(', ')}`);
    return inWords('new', { io, json }, async () => {
      const dir = options.dir ?? (await settingsFolder());
      const made = await createPlugin({ dir, name, transport });
      if (json !== undefined) io.out(`${JSON.stringify({ plugin: name, transport, ...made }, null, 2)}\n`);
      else {
        const called = options.dir === undefined ? name : `${join('.', relative('.', made.folder)) || '.'}`;
        const word = options.dir === undefined || /[/\\.]/.test(called) ? called : `./${called}`;
        io.out(`${clean(made.folder)}\n${made.files.map((file) => `  ${file}\n`).join('')}\n`);
        io.out(`ossia plugin test ${clean(word)}      all its cases and promises\n`);
        io.out(`ossia plugin dev ${clean(word)}       the same at each save, with types\n`);
        io.out(`ossia plugin try user_add --plugin ${clean(word)}\n`);
      }
      return exitCodes.ok;
    });

    async function settingsFolder(): Promise<string> {
      const { loadSettings } = await import('../config/load-settings.ts');
      const file = options.config === undefined ? {} : { file: options.config };
      return (await loadSettings({ ...file, env: io.env })).plugins;
    }
  },
};

function isStarter(word: string): word is StarterTransport {
  return (starterTransports as readonly string[]).includes(word);
}
