// The line of the author's own code that a stack begins with, as it stands in the file, with a mark under the place.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isInside, shownPath } from '../plugin-host/plugin-folder.ts';

/** Empty when the stack leads to no file of the folder. */
export async function authorLine(folder: string, stack: string): Promise<readonly string[]> {
  const home = resolve(folder);
  const shown = shownPath(home, home);
  for (const [, file = '', row = '', column = ''] of stack.matchAll(/([^\s()]+\.(?:ts|js)):(\d+):(\d+)/g)) {
    const [, own] = file.split(`${shown}/`);
    const path = own === undefined ? '' : join(home, own);
    if (own === undefined || !isInside(home, path)) continue;
    const text = await readFile(path, 'utf8').catch(() => '');
    const line = text.split('\n')[Number(row) - 1];
    if (line === undefined) continue;
    const gutter = `${row} | `;
    return [
      `${shown}/${own}:${row}:${column}`,
      `${gutter}${line}`,
      `${' '.repeat(gutter.length + Number(column) - 1)}^`,
    ];
  }
  return [];
}
