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
