// Problems with files: one line each, with file, line, key, what is wrong and what to do; all of them at once.
import { type Code, type FieldProblem, OssiaError } from '../errors.ts';
import type { Path, Place } from './located.ts';

export interface Problem extends FieldProblem {
  readonly code: Code;
}

type FileCode = Extract<Code, 'config_invalid' | 'profile_invalid' | 'plugin_invalid' | 'secret_missing'>;

export function problemAt(at: { place: Place; path: Path; code: FileCode }, problem: string): Problem {
  const key = pathText(at.path);
  return { where: `${at.place.file}:${at.place.line}${key ? ` ${key}` : ''}`, problem, code: at.code };
}

/** `tokens[0].role`; a key that is not a plain word stands in quotes. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const word = /^[\w-]{1,64}$/.test(step) ? step : JSON.stringify(step.slice(0, 64));
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

/** The code is the problems' own when they agree, else the given one. The message says all of them, up to a screenful. */
export function problemsError(code: FileCode, problems: readonly Problem[]): OssiaError {
  const first = problems[0]?.code;
  const agreed = first !== undefined && problems.every((problem) => problem.code === first) ? first : code;
  const shown = problems.slice(0, 20).map(({ where, problem }) => `${where}: ${problem}`);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  return new OssiaError(agreed, shown.join('\n'), {
    fields: problems.map(({ where, problem }) => ({ where, problem })),
  });
}
