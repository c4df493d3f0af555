// `ossia start`: runs the daemon until a signal ends it.
import type { Daemon } from '../daemon.ts';
import { toOssiaError } from '../errors.ts';
import type { Log } from '../log.ts';
import { readArguments } from './arguments.ts';
import { type Command, exitCodes, type Io } from './command.ts';

const help = `usage: ossia start [--config ossia.yaml]

Runs the daemon in the foreground and logs to standard output, one JSON object a line (for people, when it is a terminal).
Without ossia.yaml everything has a default: data in ./data, HTTP on 127.0.0.1:8480, accounting on UDP 1813.

  --config PATH   another settings file

signals
  SIGTERM, SIGINT   stop: take nothing new, finish or return what runs; a second one ends at once
  SIGHUP            read profiles, plugins and the certificates of RadSec again

exit codes
  0  stopped as asked
  1  could not start, not go on or not stop in time; one message says why
  2  used wrongly
`;

/** Beyond the stages' own limit: then something hangs, and the journal is safe anyway. */
const stopGraceMs = 10_000;
const failedGraceMs = 3_000;
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export const start: Command = {
  help,
  async run(argv, io) {
    const { options } = readArguments(argv, { options: { config: 'value' }, words: 0 });
    const stopping = Promise.withResolvers<string>();
    watchSignals(io, (name) => stopping.resolve(name));
    try {
      const { daemon, log, stopMs } = await startWith(options.config, io);
      const off = io.onSignal('SIGHUP', () => void reload(daemon, log));
      const why = await Promise.race([stopping.promise, daemon.failed]);
      if (typeof why === 'string') log.info({ signal: why }, 'stopping');
      else log.fatal({ err: why }, 'this cannot go on: stopping, to be started anew');
      off();
      // What cannot be written now is not waited for: it runs again after the next start.
      const ms = typeof why === 'string' ? stopMs + stopGraceMs : failedGraceMs;
      const code = await stopWithin({ daemon, log, ms });
      return typeof why === 'string' ? code : exitCodes.refused;
    } catch (error) {
      io.err(`ossia start: ${messageOf(error)}\n`);
      return exitCodes.refused;
    }
  },
};

async function startWith(file: string | undefined, io: Io) {
  const { loadSettings } = await import('../config/load-settings.ts');
  const settings = await loadSettings({ ...(file === undefined ? {} : { file }), env: io.env });
  const { createLog } = await import('../log.ts');
  const { level, pretty } = settings.log;
  const log = createLog({ level, lines: pretty === true || (pretty === 'auto' && io.columns > 0) });
  for (const warning of settings.warnings) log.warn(warning);
  const { startDaemon } = await import('../daemon.ts');
  const daemon = await startDaemon(settings, { log, env: io.env });
  log.info({ ...daemon.ready }, 'ready');
  return { daemon, log, stopMs: settings.limits.stop };
}

function watchSignals(io: Io, onFirst: (name: string) => void): void {
  let stopping = false;
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    io.onSignal(name, () => {
      if (stopping) io.exit(signalCodes[name]);
      stopping = true;
      onFirst(name);
    });
}

async function reload(daemon: Daemon, log: Log): Promise<void> {
  try {
    await daemon.reload();
    log.info('profiles and plugins read again');
  } catch (error) {
    log.error({ err: error }, 'reading profiles and plugins again failed');
  }
}

async function stopWithin({ daemon, log, ms }: { daemon: Daemon; log: Log; ms: number }): Promise<number> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => late.resolve('late'), ms);
  const result = await Promise.race([daemon.stop(), late.promise]);
  clearTimeout(timer);
  if (result !== 'late') {
    log.info('stopped');
    return exitCodes.ok;
  }
  log.error(`did not stop within ${ms} ms; ending anyway, nothing that was accepted is lost`);
  return exitCodes.refused;
}

/** Every wrong place on its own line; a stack only for a bug of ours. */
function messageOf(thrown: unknown): string {
  const error = toOssiaError(thrown);
  const unsaid = error.fields.filter(({ where }) => !error.message.includes(where));
  const places = unsaid.map(({ where, problem }) => `  ${where}: ${problem}`);
  const stack = error.code === 'internal' && thrown instanceof Error ? [thrown.stack ?? ''] : [];
  return [error.message, ...places, ...stack].join('\n');
}
