// `ossia plugin repl`: a prompt with the device of a simulated box, its hooks, its state and its journal.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type REPLServer, start } from 'node:repl';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io, UsageError } from './command.ts';
import { folderOf, inWords, withClosing } from './plugin-folder.ts';
import { reportLines, stateLines } from './show-try.ts';
import { clean, painter } from './text.ts';

const help = `usage: ossia plugin repl NAME

A JavaScript prompt beside the plugin's simulator. NAME is a plugin of ossia.yaml's folder, or the path of a folder anywhere.

  await device.ssh.read('show version')     what a hook has as its device
  await run('user_add', { ip: '10.9.9.9' }) a hook, for "account" with these variables
  account, options                          of the first case of user_add; account.login = 'bob' changes it
  state()                                   what the box holds
  journal()                                 all that was sent and answered
  await reset({ state, options })           a new box; without one of them, an empty state and the same options
  hooks                                     what the plugin defines

It ends with .exit, Ctrl-D, or the end of what is piped into it.

  --config PATH   another settings file

exit codes
  0  ended
  1  the plugin does not load
  2  used wrongly
`;

export const pluginRepl: Command = {
  help,
  async run(argv, io) {
    const { words, options: given } = readArguments(argv, { options: { config: 'value' }, words: 1 });
    const [name] = words;
    if (name === undefined) throw new UsageError('say which plugin');
    return inWords('repl', { io, json: undefined }, async () => {
      const { openBench } = await import('../plugin-kit/bench.ts');
      const folder = await folderOf(name, given.config, io);
      const open = () => openBench(folder);
      await withClosing(io, open, (bench, signal) => Promise.race([converse(bench, io), once(signal, 'abort')]));
      return exitCodes.ok;
    });
  },
};

type Bench = Awaited<ReturnType<typeof import('../plugin-kit/bench.ts').openBench>>;

async function converse(bench: Bench, io: Io): Promise<void> {
  const paint = painter(io);
  const isTerminal = io.columns > 0 && process.stdin.isTTY === true;
  const { name, version, device, account, hooks, state, journal, reset } = bench;
  if (isTerminal) {
    io.out(
      `${name} ${version}: ${Object.keys(device)
        .map((one) => `device.${one}`)
        .join(', ')}, run(hook, variables), `,
    );
    io.out('account, options, state(), journal(), reset(), hooks; .exit ends it\n');
  }
  const lines = new PassThrough();
  const server = start({
    prompt: isTerminal ? `${name}> ` : '',
    input: isTerminal ? process.stdin : lines,
    output: process.stdout,
    terminal: isTerminal,
    useColors: isTerminal && io.env['NO_COLOR'] === undefined,
    ignoreUndefined: true,
  });
  const ended = once(server, 'exit');
  /** Shows what came of it, and gives the answer of a hook that reads. */
  const run = async (hook: unknown, variables: unknown = {}): Promise<unknown> => {
    const before = state();
    const report = await bench.run(String(hook), { ...account, ...textsOf(variables) });
    const lines = [
      ...reportLines({ ...report, value: undefined, line: [] }, paint),
      ...stateLines({ before, after: state() }, paint),
    ];
    io.out(`${lines.join('\n')}\n`);
    return report.value ?? undefined;
  };
  const shown = () => journal().map(({ kind, via, text }) => `${kind} ${via} ${clean(text)}`);
  Object.assign(server.context, { device, account, hooks, state, reset, run, journal: shown });
  Object.defineProperty(server.context, 'options', { get: () => bench.options, enumerable: true });
  if (!isTerminal) await feed(server, lines);
  await ended;
}

/** What is piped in, line by line: each waits until the one before is worked off, as at a terminal. */
async function feed(server: REPLServer, lines: PassThrough): Promise<void> {
  // It asks for the next line after everything, also after what fails.
  let onPrompt = (): void => undefined;
  const { displayPrompt } = server;
  Object.assign(server, {
    displayPrompt(...given: Parameters<typeof displayPrompt>) {
      displayPrompt.apply(server, given);
      onPrompt();
    },
  });
  let isOver = false;
  server.once('exit', () => {
    isOver = true;
    onPrompt();
  });
  for await (const line of createInterface({ input: process.stdin })) {
    if (isOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    onPrompt = resolve;
    lines.write(`${line}\n`);
    await promise;
    await turn();
  }
  lines.end();
}

/** The billing's variables are texts; a number is meant as one. */
function textsOf(variables: unknown): Record<string, string> {
  const entries = Object.entries(Object(variables) as object);
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}
