// Makes sure that an allowed program is still what the profile's author meant: a plain file that not everybody can rewrite.
import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { OssiaError } from '../../errors.ts';

const writableByAll = 0o002;
const executable = 0o111;

/** @throws `profile_invalid` saying what is wrong with the file. */
export async function checkProgramFile(file: string): Promise<void> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  const problem = found instanceof Error ? `cannot be read (${found.code})` : problemOf(found);
  if (problem) throw new OssiaError('profile_invalid', `The program ${file} ${problem}.`);
}

function problemOf(found: Stats): string {
  const { mode } = found;
  if (!found.isFile()) return 'is not a plain file';
  if (mode & writableByAll) return 'can be rewritten by every user of this machine: chmod o-w';
  return mode & executable ? '' : 'is not executable: chmod +x';
}
