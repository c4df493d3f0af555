// `ossia plugin`: finds the subcommand; each has a file of its own, and is loaded only when it is meant.
import { nearest } from '../model/did-you-mean.ts';
import { type Command, UsageError } from './command.ts';

interface Entry {
  readonly summary: string;
  load(): Promise<Command>;
}

const subcommands: Readonly<Record<string, Entry>> = {
  list: {
    summary: 'which plugins are in force, in which versions, on which profiles',
    load: async () => (await import('./plugin-list.ts')).pluginList,
  },
  new: {
    summary: 'make one to begin with, that passes its check and its tests',
    load: async () => (await import('./plugin-new.ts')).pluginNew,
  },
  check: {
    summary: "whether a plugin's folder is in order: types, imports, cases, README",
    load: async () => (await import('./plugin-check.ts')).pluginCheck,
  },
  dev: {
    summary: 'at each save its types and its cases, until Ctrl-C',
    load: async () => (await import('./plugin-dev.ts')).pluginDev,
  },
  test: {
    summary: "run a plugin's cases, and try what every plugin promises",
    load: async () => (await import('./plugin-test.ts')).pluginTest,
  },
  try: {
    summary: 'run one hook, on the simulator or as a dry run on a real box',
    load: async () => (await import('./plugin-try.ts')).pluginTry,
  },
  repl: {
    summary: 'a prompt with the device of a simulated box',
    load: async () => (await import('./plugin-repl.ts')).pluginRepl,
  },
  reload: {
    summary: 'read plugins and profiles anew, or only try them',
    load: async () => (await import('./plugin-reload.ts')).pluginReload,
  },
  release: {
    summary: 'let one go that is in quarantine or was taken back',
    load: async () => (await import('./plugin-release.ts')).pluginRelease,
  },
  kv: {
    summary: 'what plugins keep for themselves, and removing it',
    load: async () => (await import('./plugin-kv.ts')).pluginKv,
  },
};

/** The subcommand that these words begin with, as a command of its own; it is run with the same words. */
export async function plugin([word = '']: readonly string[]): Promise<Command> {
  const entry = Object.hasOwn(subcommands, word) ? subcommands[word] : undefined;
  if (entry === undefined) return { help: overview(), run: async () => refuse(word) };
  const { help, run } = await entry.load();
  return { help, run: ([, ...rest], io) => run(rest, io) };
}

function refuse(word: string): never {
  if (word === '' || word.startsWith('-')) throw new UsageError('say what to do with plugins');
  const near = nearest(word, Object.keys(subcommands));
  throw new UsageError(`there is no "plugin ${word}"${near === undefined ? '' : `; did you mean ${near}?`}`);
}

function overview(): string {
  const lines = Object.entries(subcommands).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}\n`);
  return `usage: ossia plugin COMMAND ...

${lines.join('')}
ossia help plugin COMMAND says what it takes.
`;
}
