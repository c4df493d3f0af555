// Conditions of a query: refused when they are wrong, else ranges of an index where there is one, and a test in any case.
import { type FieldProblem, OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import { networkKeys } from '../model/network.ts';
import type { Session } from '../model/session.ts';
import type { Condition } from './book.ts';
import type { Field } from './fields.ts';
import { everything, type Range, rangeOf } from './sorted-index.ts';

export interface Compiled {
  readonly field: Field;
  readonly op: Condition['op'];
  /** As asked, one or several. */
  readonly values: readonly string[];
  /** Of the field's index; null when it has none, or the operator cannot use it. */
  readonly ranges: readonly Range[] | null;
  /** Whether all that stands in the ranges holds, so that it need not be tested. */
  readonly isExact: boolean;
  holds(session: Session): boolean;
}

/** Throws `input_invalid` with every wrong place. */
export function compile(conditions: readonly Condition[], fields: ReadonlyMap<string, Field>): readonly Compiled[] {
  const problems: FieldProblem[] = [];
  const compiled = conditions.flatMap((condition, at) => {
    const result = compileOne(condition, fields);
    if ('holds' in result) return [result];
    problems.push({ where: `/conditions/${at}/${result.where}`, problem: result.problem });
    return [];
  });
  if (problems.length === 0) return compiled;
  const [first] = problems;
  throw new OssiaError('input_invalid', `The query is wrong: ${first?.problem}`, { fields: problems });
}

function compileOne(condition: Condition, fields: ReadonlyMap<string, Field>): Compiled | FieldProblem {
  const { op } = condition;
  const field = fields.get(condition.field);
  if (field === undefined) {
    const names = [...fields.keys()];
    return { where: 'field', problem: `there is no field ${condition.field}${hint(condition.field, names)}` };
  }
  if (!field.operators.includes(op))
    return { where: 'op', problem: `${field.name} takes ${field.operators.join(', ')}, not ${op}` };
  const values = typeof condition.value === 'string' ? [condition.value] : condition.value;
  if (op === 'in' ? values.length === 0 : typeof condition.value !== 'string')
    return { where: 'value', problem: op === 'in' ? 'expected at least one value' : `expected one text for ${op}` };
  if (op === 'net') return compileNet(field, values[0] ?? '');
  const keys: string[] = [];
  for (const value of values) {
    const key = field.keyOf(value);
    if (key === undefined) return { where: 'value', problem: `${field.name} expects ${field.expects}` };
    keys.push(key);
  }
  const [key = ''] = keys;
  // An empty beginning would be all, which nobody says by it.
  if (op === 'prefix' && key === '') return { where: 'value', problem: 'expected a beginning that is not empty' };
  const isOf = field.holds ?? ((session: Session, wanted: string) => field.keysOf(session).includes(wanted));
  const isEmpty = (session: Session): boolean => field.keysOf(session).length === 0;
  const holdsOne = (session: Session, wanted: string): boolean =>
    wanted === '' ? isEmpty(session) : isOf(session, wanted);
  const some = (test: (key: string) => boolean) => (session: Session) => field.keysOf(session).some(test);
  const isExact = keys.every((each) => (field.candidates?.(each) ?? [each]).length === 1);
  const common = { field, op, values, isExact };
  const points = (): readonly Range[] | null =>
    !hasIndex(field) || keys.includes('')
      ? null
      : [...new Set(keys.flatMap((each) => field.candidates?.(each) ?? [each]))].map(rangeOf);
  const ranges = (range: Range): readonly Range[] | null => (hasIndex(field) ? [range] : null);
  switch (op) {
    case 'eq':
    case 'in':
      return { ...common, ranges: points(), holds: (session) => keys.some((each) => holdsOne(session, each)) };
    case 'not':
      return { ...common, ranges: null, holds: (session) => !holdsOne(session, key) };
    case 'prefix':
      return {
        ...common,
        ranges: ranges({ from: rangeOf(key).from, to: rangeOf(`${key}\uffff`).from }),
        holds: some((each) => each.startsWith(key)),
      };
    case 'lt':
      return {
        ...common,
        ranges: ranges({ from: everything.from, to: rangeOf(key).from }),
        holds: some((k) => k < key),
      };
    case 'gt':
      return { ...common, ranges: ranges({ from: rangeOf(key).to, to: everything.to }), holds: some((k) => k > key) };
  }
}

function compileNet(field: Field, value: string): Compiled | FieldProblem {
  const network = networkKeys(value);
  if (network === undefined) return { where: 'value', problem: 'expected a network like 10.0.0.0/8 or 2001:db8::/32' };
  const { first, last } = network;
  return {
    field,
    op: 'net',
    values: [value],
    isExact: true,
    ranges: [{ from: rangeOf(first).from, to: rangeOf(last).to }],
    holds: (session) => field.isWithin?.(session, network) ?? false,
  };
}

/** The state is not in an index of live sessions: it is what the query goes over. */
function hasIndex(field: Field): boolean {
  return field.indexed && field.name !== 'state';
}

function hint(word: string, names: readonly string[]): string {
  const meant = nearest(word, names);
  return meant === undefined ? `; fields are ${names.join(', ')}` : `; did you mean ${meant}?`;
}
