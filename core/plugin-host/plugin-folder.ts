// How a plugin's files are named in messages and stack traces: from the folder that holds all plugins on.
import { basename, dirname, join, relative, sep } from 'node:path';

/** `plugins/acme/plugin.ts`, whatever the folder that `plugins` lies in. */
export function shownPath(folder: string, file: string): string {
  const parent = basename(dirname(folder));
  return join(parent, basename(folder), relative(folder, file)).split(sep).join('/');
}

export function isInside(folder: string, file: string): boolean {
  const way = relative(folder, file);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`);
}
