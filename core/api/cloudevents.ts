// CloudEvents 1.0 in JSON, structured and batched, turned into events of our own shape; and our pointers turned back into theirs.
import type { FieldProblem } from '../errors.ts';

export type Unwrapped =
  | { readonly ok: true; readonly item: unknown }
  | { readonly ok: false; readonly fields: readonly FieldProblem[] };

export function fromCloudEvent(input: unknown): Unwrapped {
  if (!isObject(input)) return { ok: false, fields: [{ where: '', problem: 'expected a CloudEvent, an object' }] };
  const { specversion, id, source, type, time, datacontenttype, data } = input;
  const fields: FieldProblem[] = [];
  const wrong = (where: string, problem: string) => fields.push({ where, problem });

  if (specversion !== '1.0') wrong('/specversion', 'expected "1.0"');
  if (typeof id !== 'string' || id === '') wrong('/id', 'expected a text that is not empty');
  if (typeof source !== 'string' || source === '') wrong('/source', 'expected a text that is not empty');
  if (typeof type !== 'string') wrong('/type', 'expected the name of a hook');
  if ('data_base64' in input) wrong('/data_base64', 'only JSON in data is taken');
  if (datacontenttype !== undefined && !/^application\/([\w.-]+\+)?json\b/.test(String(datacontenttype)))
    wrong('/datacontenttype', 'expected application/json');
  if (!isObject(data)) wrong('/data', 'expected an object with account');
  else
    for (const name of ['id', 'hook', 'occurred_at'])
      if (name in data) wrong(`/data/${name}`, 'stands outside of data');

  if (fields.length > 0) return { ok: false, fields };
  return {
    ok: true,
    item: { ...(data as object), id, hook: type, ...(time === undefined ? {} : { occurred_at: time }) },
  };
}

const outside: Record<string, string> = { hook: '/type', id: '/id', occurred_at: '/time' };

export function toCloudEventPointer({ where, problem }: FieldProblem): FieldProblem {
  const first = where.split('/')[1] ?? '';
  return { where: outside[first] ?? `/data${where}`, problem };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
