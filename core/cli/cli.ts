// Finds the command, loads only what it needs, and turns what goes wrong into one message and an exit code.
import { nearest } from '../model/did-you-mean.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { DaemonError } from './daemon-client.ts';
import { clean } from './text.ts';

interface Entry {
  readonly summary: string;
  /** `words`: what follows its name, for commands that have subcommands. */
  load(words: readonly string[]): Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  start: { summary: 'run the daemon', load: async () => (await import('./start.ts')).start },
  fire: { summary: 'send one event to the daemon', load: async () => (await import('./fire.ts')).fire },
  jobs: { summary: 'list, show, retry and skip jobs', load: async () => (await import('./jobs.ts')).jobs },
  accounts: {
    summary: 'what subscribers should have and have, and asking their boxes',
    load: async () => (await import('./accounts.ts')).accounts,
  },
  plan: { summary: 'what a hook would send, without sending it', load: async () => (await import('./plan.ts')).plan },
  sessions: {
    summary: 'who is online, why it dropped, and making it stop',
    load: async () => (await import('./sessions.ts')).sessions,
  },
  nas: { summary: 'how every NAS stands', load: async () => (await import('./nas.ts')).nas },
  pause: {
    summary: 'let nothing new run at a box, or list what is paused',
    load: async () => (await import('./pause.ts')).pause,
  },
  resume: { summary: 'lift a pause', load: async () => (await import('./pause.ts')).resume },
  audit: { summary: 'who did what to many at once', load: async () => (await import('./audit.ts')).audit },
  drift: {
    summary: 'how many accounts have something else than they should, box by box',
    load: async () => (await import('./drift.ts')).drift,
  },
  plugin: {
    summary: 'which plugins are in force, what is done to them, and writing one',
    load: async (words) => (await import('./plugin.ts')).plugin(words),
  },
  shadow: {
    summary: 'where a plugin that looks on would do something else than the one in force',
    load: async () => (await import('./shadow.ts')).shadow,
  },
  check: {
    summary: 'check configuration, profiles and plugins without starting',
    load: async () => (await import('./check.ts')).check,
  },
  migrate: {
    summary: 'read an old session script: what it does, what is dangerous, what takes its place',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  doctor: {
    summary: 'whether this machine is fit: walls around plugins, disk, buffers',
    load: async () => (await import('./doctor.ts')).doctor,
  },
};

export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const [name = '', ...rest] = argv;
  if (name === '--version' || name === 'version') return printVersion(io);
  if (name === '' || name === 'help' || name === '--help' || name === '-h') return printHelp({ name, about: rest, io });
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) return noSuchCommand(name, io);
  const command = await entry.load(rest);
  const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
  if (options.includes('--help') || options.includes('-h')) {
    io.out(command.help);
    return exitCodes.ok;
  }
  try {
    return await command.run(rest, io);
  } catch (error) {
    return explain({ error, name, json: options.includes('--json'), io });
  }
}

async function printHelp({ name, about, io }: { name: string; about: readonly string[]; io: Io }): Promise<number> {
  const [word, ...words] = about;
  const entry = word !== undefined && Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (entry !== undefined) io.out((await entry.load(words)).help);
  else if (word !== undefined) return noSuchCommand(word, io);
  else if (name === '') io.err(overview());
  else io.out(overview());
  return name === '' ? exitCodes.usage : exitCodes.ok;
}

function overview(): string {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}\n`);
  return `Ossia drives access equipment from billing events.

usage: ossia COMMAND ...

${lines.join('')}
ossia help COMMAND says what it takes. Every command takes --json and then prints one JSON document.
`;
}

async function printVersion(io: Io): Promise<number> {
  const { version } = await import('../version.ts');
  io.out(`${await version()}\n`);
  return exitCodes.ok;
}

function noSuchCommand(name: string, io: Io): number {
  const near = nearest(name, Object.keys(commands));
  const hint = near === undefined ? `ossia help lists them` : `did you mean ${near}?`;
  io.err(`ossia: there is no command ${clean(name)}; ${hint}\n`);
  return exitCodes.usage;
}

interface Failure {
  readonly error: unknown;
  readonly name: string;
  readonly json: boolean;
  readonly io: Io;
}

function explain({ error, name, json, io }: Failure): number {
  if (error instanceof UsageError) {
    io.err(`ossia ${name}: ${clean(error.message)}\nossia help ${name} says what it takes.\n`);
    return exitCodes.usage;
  }
  if (!(error instanceof DaemonError)) throw error;
  if (json) io.out(`${JSON.stringify(error.document, null, 2)}\n`);
  else io.err(`ossia ${name}: ${error.lines.map(clean).join('\n')}\n`);
  return error.exitCode;
}
