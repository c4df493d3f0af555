// Checks located values against a zod schema and says every misfit with its place, what was expected and what was found.
import { z } from 'zod';
import { hint } from './hint.ts';
import { type Located, nodeAt, type Path, placeAt, toPlain } from './located.ts';
import { type Problem, problemAt } from './problems.ts';

export interface CheckInput<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly root: Located;
  /** Which part of it the schema is for; all by default. */
  readonly at?: Path;
  readonly code: 'config_invalid' | 'profile_invalid';
  /** Values at such a path are not shown, wherever they came from. */
  isSecret(path: Path): boolean;
  /** To check instead of the plain value, e.g. with texts in place of numbers. */
  readonly plain?: unknown;
}

type CheckResult<Schema extends z.ZodType> =
  | { readonly ok: true; readonly value: z.output<Schema> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Issue = z.core.$ZodIssue;

export function check<Schema extends z.ZodType>(input: CheckInput<Schema>): CheckResult<Schema> {
  const { root, at = [], code, isSecret } = input;
  const schema = strict(input.schema);
  const part = nodeAt(root, at);
  const result = schema.safeParse(input.plain ?? (part && toPlain(part)));
  if (result.success) return { ok: true, value: result.data as z.output<Schema> };
  const problems = result.error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    const whole = [...at, ...path];
    const say = (where: Path, text: string) => problemAt({ place: placeAt(root, where), path: where, code }, text);
    if (issue.code === 'unrecognized_keys') {
      const known = keysOf(schema, path);
      return issue.keys.map((key) => say([...whole, key], `is not a known key${hint(key, known)}`));
    }
    const node = nodeAt(root, whole);
    if (node === undefined) return [say(whole, `is missing; ${expectation(issue)}`)];
    return [say(whole, `${expectation(issue)}${found(node, isSecret(whole))}`)];
  });
  return { ok: false, problems };
}

/** Schemas of transports may forget to refuse unknown keys; here they are always refused. */
function strict(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject && schema.def.catchall === undefined ? schema.strict() : schema;
}

function found(node: Located, hidden: boolean): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? ', got keys and values' : ', got a list';
  if (node.secret || hidden) return '';
  if (node.value === null) return ', got nothing';
  const text = node.raw.length > 60 ? `${node.raw.slice(0, 60)}...` : node.raw;
  return typeof node.value === 'string' ? `, got ${JSON.stringify(text)}` : `, got ${text}`;
}

function expectation(issue: Issue): string {
  if (issue.message.startsWith('expected')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${names[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_union':
      return expectationOfUnion(issue);
    case 'too_small':
      return `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `expected ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_format':
      return issue.message.startsWith('Invalid') ? `expected a valid ${issue.format}` : issue.message;
    default:
      return issue.message;
  }
}

function expectationOfUnion(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  if (issue.message !== 'Invalid input') return issue.message.replace(/^Invalid discriminator value\. E/, 'e');
  const firsts = issue.errors.map((errors) => errors[0]).filter((first) => first !== undefined);
  const deep = firsts.find((first) => first.path.length > 0);
  if (deep) return `${expectation(deep)} at ${deep.path.map(String).join('.')}`;
  return [...new Set(firsts.map(expectation))].join(', or ').replaceAll(', or expected', ' or');
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' || origin === 'set' ? ' entries' : '';
}

const names: Readonly<Record<string, string>> = {
  string: 'a text (in quotes when it looks like a number)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
  tuple: 'a list',
};

/** The keys that the schema knows at a path, as far as it is made of plain objects. */
function keysOf(schema: z.ZodType, path: Path): readonly string[] {
  let inner: unknown = unwrap(schema);
  for (const step of path) {
    if (inner instanceof z.ZodObject) inner = unwrap(inner.shape[step as string]);
    else if (inner instanceof z.ZodRecord) inner = unwrap(inner.valueType);
    else if (inner instanceof z.ZodArray) inner = unwrap(inner.element);
    else return [];
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPipe) return unwrap(schema.in);
  return schema;
}
