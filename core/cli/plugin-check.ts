// `ossia plugin check`: whether a plugin's folder is in order, part by part, before any of its cases counts.
import type { PartCheck } from '../plugin-kit/check-plugin.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { folderOf, inWords } from './plugin-folder.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia plugin check NAME

Looks at plugin.json and the schema of the options, type-checks the folder, bundles it as the daemon does, loads it into the real
sandbox, starts no box, and reads the cases. Every hook must be one of the catalogue, and have a case and a place in the
README. Of the patterns in plugin.json it notes those that no case needs. NAME is a plugin of ossia.yaml's folder, or the
path of a folder anywhere. Types need TypeScript, which a production install leaves out: it says so, and checks the rest.

  --config PATH   another settings file
  --json          print one JSON document

exit codes
  0  all is well
  1  something is wrong; file, line and reason are named
  2  used wrongly
`;

export const pluginCheck: Command = {
  help,
  async run(argv, io) {
    const { words, options } = readArguments(argv, { options: { config: 'value', json: 'flag' }, words: 1 });
    const [name] = words;
    if (name === undefined) throw new UsageError('say which plugin');
    const { json } = options;
    // What the plugin writes to its console is no part of what is printed here.
    console.log = console.error;
    return inWords('check', { io, json }, async () => {
      const { checkPlugin } = await import('../plugin-kit/check-plugin.ts');
      const { findCompiler } = await import('../plugin-kit/type-check.ts');
      const { ok, parts } = await checkPlugin({
        folder: await folderOf(name, options.config, io),
        compiler: findCompiler(),
        ...(json === undefined && { onPart: (part: PartCheck) => io.out(partText(part, io)) }),
      });
      if (json !== undefined) io.out(`${JSON.stringify({ plugin: name, ok, parts }, null, 2)}\n`);
      return ok ? exitCodes.ok : exitCodes.refused;
    });
  },
};

function partText({ part, problems, notes, isSkipped }: PartCheck, io: Io): string {
  const paint = painter(io);
  const state =
    problems.length > 0 ? paint('bad', 'wrong') : isSkipped ? paint('busy', '-    ') : paint('good', 'ok   ');
  const lines = [
    `${state}  ${part}`,
    ...problems.map(({ where, problem }) => `         ${clean(where)}: ${clean(problem)}`),
    ...notes.map((note) => `         ${paint('busy', 'note')}: ${clean(note)}`),
  ];
  return `${lines.join('\n')}\n`;
}
