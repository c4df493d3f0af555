// What a schema finds wrong with hostile input, said in our words and with a JSON pointer to its place.
import type { z } from 'zod';
import type { FieldProblem } from '../errors.ts';

interface Told {
  /** Where the part that was checked stands in the whole. */
  readonly prefix: string;
  readonly sent: unknown;
  /** What to say of a field that is none. */
  readonly unknown: (field: string) => string;
}

export function problemsOf(issue: z.core.$ZodIssue, { prefix, sent, unknown }: Told): FieldProblem[] {
  const where = prefix + issue.path.map(pointerPart).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ where: where + pointerPart(key), problem: unknown(key) }));
  return [{ where, problem: wordsFor(issue, sent) }];
}

const shapes: Readonly<Record<string, string>> = { object: 'an object', record: 'an object', string: 'a text' };

/** Messages that are our own stay; what the schema library says in its words is said in ours. */
function wordsFor(issue: z.core.$ZodIssue, sent: unknown): string {
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input')
    return isThere(issue.path, sent) ? 'expected a text, a number, true, false or null' : 'is missing';
  if (issue.code !== 'invalid_type' || !issue.message.startsWith('Invalid input')) return issue.message;
  return isThere(issue.path, sent) ? `expected ${shapes[issue.expected] ?? issue.expected}` : 'is missing';
}

function isThere(path: readonly PropertyKey[], sent: unknown): boolean {
  let value = sent;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value !== undefined;
}

function pointerPart(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
