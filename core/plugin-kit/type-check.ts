// Type-checks the folder of a plugin, wherever it lies, by the TypeScript that is here; a production install has none.
import { execFile } from 'node:child_process';
import { glob, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FieldProblem, OssiaError } from '../errors.ts';
import { isInside, shownPath } from '../plugin-host/plugin-folder.ts';

const home = fileURLToPath(new URL('../..', import.meta.url));
const longestMs = 120_000;
/** TypeScript's exit code when it found errors and came to its end. */
const typesAreWrong = 2;
const mostOutput = 16 * 1024 ** 2;

interface TypeCheckInput {
  readonly folder: string;
  /** What `findCompiler` found. */
  readonly compiler: string;
  readonly signal?: AbortSignal;
}

/** The program of the TypeScript package; null when it is not installed. */
export function findCompiler(): string | null {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  } catch {
    return null;
  }
}

/** What is wrong, with `plugins/acme/plugin.ts:7:20`; empty when nothing is. */
export async function typeCheck({ folder, compiler, signal }: TypeCheckInput): Promise<readonly FieldProblem[]> {
  const own = await realpath(folder);
  const files = await Array.fromAsync(glob('**/*.ts', { cwd: own, exclude: (name) => name === 'node_modules' }));
  const directory = await mkdtemp(join(tmpdir(), 'ossia-types-'));
  try {
    // Settings of its own: what is in the folder is for editors, and may say anything.
    const settings = join(directory, 'tsconfig.json');
    const base = join(home, 'core/plugin-kit/plugin.tsconfig.json');
    const named = files.sort().map((file) => join(own, file));
    // Without the empty list, what our own settings include would come with it.
    await writeFile(settings, JSON.stringify({ extends: base, files: named, include: [] }));
    return await problemsOf({ folder: own, compiler, settings, signal });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface CompilerRun {
  readonly folder: string;
  readonly compiler: string;
  readonly settings: string;
  readonly signal: AbortSignal | undefined;
}

function problemsOf({ folder, compiler, settings, signal }: CompilerRun): Promise<readonly FieldProblem[]> {
  const { promise, resolve: end, reject } = Promise.withResolvers<readonly FieldProblem[]>();
  const options = { cwd: folder, timeout: longestMs, maxBuffer: mostOutput, ...(signal && { signal }) };
  execFile(process.execPath, [compiler, '--pretty', 'false', '-p', settings], options, (error, out, err) => {
    const problems = parseReport(out, folder);
    if (error === null || problems.length > 0 || error.code === typesAreWrong) end(problems);
    else if (signal?.aborted) reject(new OssiaError('aborted', 'The type-check was called off.'));
    else {
      const said = `${out}${err}`.trim() || error.message;
      reject(new OssiaError('internal', `TypeScript did not come to an end: ${said}`, { cause: error }));
    }
  });
  return promise;
}

/** `plugin.ts(7,20): error TS2339: ...`; lines that are indented go on with it. Errors of no file stand without a place. */
function parseReport(text: string, folder: string): FieldProblem[] {
  const problems: (FieldProblem & { readonly isOwn: boolean })[] = [];
  for (const line of text.split('\n')) {
    const [, file, row, column, placed] = /^(.+?)\((\d+),(\d+)\): (?:error|warning) (TS\d+: .*)$/.exec(line) ?? [];
    const [, unplaced] = /^error (TS\d+: .*)$/.exec(line) ?? [];
    const last = problems.at(-1);
    if (file !== undefined) {
      const path = resolve(folder, file);
      problems.push({
        where: `${shownPath(folder, path)}:${row}:${column}`,
        problem: placed ?? '',
        isOwn: isInside(folder, path),
      });
    } else if (unplaced !== undefined)
      problems.push({ where: shownPath(folder, folder), problem: unplaced, isOwn: true });
    else if (/^\s+\S/.test(line) && last !== undefined)
      problems[problems.length - 1] = { ...last, problem: `${last.problem} ${line.trim()}` };
  }
  // What is wrong in Ossia itself is not the author's to mend.
  return problems.flatMap(({ isOwn, ...problem }) => (isOwn ? [problem] : []));
}
