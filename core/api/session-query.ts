// Conditions on sessions as a query writes them, `login=alice` or `framed_ip.net=10.0.0.0/8`: a wrong one is refused, never dropped.
import { z } from 'zod';
import { type FieldProblem, OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { Condition, Operator, SessionField } from '../sessions/book.ts';

const operators: readonly Operator[] = ['eq', 'not', 'in', 'prefix', 'lt', 'gt', 'net'];

export const sessionStateField = z.enum(['live', 'closed', 'any'], { error: 'expected live, closed or any' });

const value = z.union([z.string(), z.array(z.string())]);

/** Beside what is named here: `field=value` and `field.op=value` for any field of GET /v1/sessions/fields. */
export function conditionsQuery<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).catchall(value);
}

/** `where` of each problem begins with `prefix`. */
export function conditionsOf(
  given: Readonly<Record<string, unknown>>,
  fields: readonly SessionField[],
  prefix = '?',
): readonly Condition[] {
  const problems: FieldProblem[] = [];
  const conditions: Condition[] = [];
  for (const [key, written] of Object.entries(given)) {
    const read = conditionOf({ key, written, fields });
    if (typeof read === 'string') problems.push({ where: prefix + key, problem: read });
    else conditions.push(read);
  }
  if (problems.length > 0) throw new OssiaError('input_invalid', 'The query has wrong fields.', { fields: problems });
  return conditions;
}

/** What the book itself finds wrong, at the places where the caller wrote it. */
export async function locating<Value>(
  { given, prefix = '?' }: { readonly given: Readonly<Record<string, unknown>>; readonly prefix?: string },
  answer: () => Promise<Value>,
): Promise<Value> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof OssiaError) || error.code !== 'input_invalid') throw error;
    const keys = Object.keys(given);
    const fields = error.fields.map(({ where, problem }) => {
      const key = keys[Number(/^\/conditions\/(\d+)(\/|$)/.exec(where)?.[1] ?? -1)];
      return { where: key === undefined ? where.replace(/^\//, prefix) : prefix + key, problem };
    });
    throw new OssiaError('input_invalid', error.message, { cause: error, fields });
  }
}

interface Written {
  readonly key: string;
  readonly written: unknown;
  readonly fields: readonly SessionField[];
}

/** Or what is wrong with it. */
function conditionOf({ key, written, fields }: Written): Condition | string {
  const dot = key.lastIndexOf('.');
  const suffix = key.slice(dot + 1);
  const named = dot > 0 ? operators.find((operator) => operator === suffix) : undefined;
  const name = named === undefined ? key : key.slice(0, dot);
  const field = fields.find((one) => one.name === name);
  if (field === undefined) return unknownField({ name, suffix: dot > 0 ? suffix : '', fields });
  const op = named ?? (isNetwork(written) && field.operators.includes('net') ? 'net' : 'eq');
  if (!field.operators.includes(op)) return `${name} takes ${field.operators.join(', ')}, not ${op}`;
  if (op === 'in') {
    const list = [written].flat().flatMap((text) => String(text).split(','));
    return { field: name, op, value: list };
  }
  if (typeof written !== 'string') return `is there more than once; say ${name}.in=one,other for one of several`;
  return { field: name, op, value: written };
}

function unknownField({
  name,
  suffix,
  fields,
}: {
  name: string;
  suffix: string;
  fields: readonly SessionField[];
}): string {
  const known = fields.map((field) => field.name);
  if (suffix !== '' && known.includes(name.slice(0, -suffix.length - 1)))
    return `there is no operator ${suffix}; there are ${operators.join(', ')}`;
  const near = nearest(name, known);
  return `is no field of sessions${near === undefined ? '; GET /v1/sessions/fields lists them' : `; did you mean ${near}?`}`;
}

function isNetwork(written: unknown): boolean {
  return typeof written === 'string' && /^[\da-fA-F.:]+\/\d{1,3}$/.test(written);
}
