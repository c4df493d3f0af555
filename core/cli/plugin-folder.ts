// What the commands for authors of plugins share: which folder is meant, and an error said as one message with an exit code.
import { join } from 'node:path';
import { OssiaError } from '../errors.ts';
import { exitCodes, type Io } from './command.ts';
import { clean } from './text.ts';

/** A word is a plugin of the settings' folder, what looks like a path is one. */
export async function folderOf(name: string, config: string | undefined, io: Io): Promise<string> {
  if (/[/\\.]/.test(name)) return name;
  const { loadSettings } = await import('../config/load-settings.ts');
  const settings = await loadSettings({ ...(config === undefined ? {} : { file: config }), env: io.env });
  return join(settings.plugins, name);
}

interface Saying {
  readonly io: Io;
  readonly json: string | undefined;
}

/** Errors that are the author's to mend are no bug of ours: no stack, and exit code 1. */
export async function inWords(name: string, { io, json }: Saying, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OssiaError) || error.code === 'internal') throw error;
    const { code, message, fields } = error;
    if (json !== undefined) io.out(`${JSON.stringify({ code, detail: message, problems: fields }, null, 2)}\n`);
    else io.err(`ossia plugin ${name}: ${message.split('\n').map(clean).join('\n')}\n`);
    return exitCodes.refused;
  }
}

interface Opened {
  close(): Promise<void>;
}

/**
 * Closes what was opened when the work is over, and at Ctrl-C and SIGTERM: what boxes keep in folders and processes goes with them. The
 * work sees the signal and ends by itself then, and null comes of it; a second Ctrl-C ends at once.
 */
export async function withClosing<Kind extends Opened, Value>(
  io: Io,
  open: () => Promise<Kind>,
  work: (opened: Kind, signal: AbortSignal) => Promise<Value>,
): Promise<Value | null> {
  const stop = new AbortController();
  const { signal } = stop;
  let opened: Kind | undefined;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> | undefined => {
    closing ??= opened?.close();
    return closing;
  };
  const end = (): void => {
    if (signal.aborted) io.exit(exitCodes.refused);
    stop.abort();
    // How that ends is seen below.
    close()?.catch(() => undefined);
  };
  const releases = (['SIGINT', 'SIGTERM'] as const).map((name) => io.onSignal(name, end));
  try {
    opened = await open();
    const value = signal.aborted ? null : await work(opened, signal);
    return signal.aborted ? null : value;
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    await close();
    for (const release of releases) release();
  }
}

interface Opened {
  close(): Promise<void>;
}
