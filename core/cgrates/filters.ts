// CGRateS's inline filters, `*string:~*req.Account:alice|bob`, as conditions on sessions; what is not understood is refused, never skipped.
import type { Condition, Operator, SessionField } from '../sessions/book.ts';
import { RpcError } from './rpc-error.ts';

/** Event fields by their names in stock templates; any field of sessions goes by its own name too. */
const names: Readonly<Record<string, string>> = {
  account: 'login',
  subject: 'login',
  username: 'login',
  originid: 'session_id',
  originhost: 'nas_ip',
  acctsessionid: 'session_id',
  cgrid: 'id',
  framedipaddress: 'framed_ip',
  framedip: 'framed_ip',
  allocatedip: 'framed_ip',
  callingstationid: 'mac',
  nasipaddress: 'nas_ip',
  nasport: 'port',
  nasportid: 'port',
  userid: 'user_id',
};

const operators: Readonly<Record<string, Operator>> = {
  '*string': 'eq',
  '*eq': 'eq',
  '*notstring': 'not',
  '*prefix': 'prefix',
  '*lt': 'lt',
  '*gt': 'gt',
  '*ipnet': 'net',
};

export function conditionOf(filter: string, fields: readonly SessionField[]): Condition {
  const [, type = '', element = '', values = ''] = /^(\*\w+):~?(?:\*req\.)?([^:]+):(.*)$/s.exec(filter) ?? [];
  const name = fieldOf(element, fields);
  const op = operators[type.toLowerCase()];
  if (type === '') throw refused(filter, 'expected an inline filter like *string:~*req.Account:alice');
  if (op === undefined) throw refused(filter, `there is ${Object.keys(operators).join(', ')}`);
  const field = fields.find((one) => one.name === name);
  if (field === undefined) throw refused(filter, `${element} is no field of sessions`);
  const list = values.split('|');
  if (values === '' || list.includes('')) throw refused(filter, 'a value is empty');
  const [value = ''] = list;
  const used = op === 'eq' && list.length > 1 ? 'in' : op;
  if (list.length > 1 && used !== 'in') throw refused(filter, `several values go with *string only`);
  if (!field.operators.includes(used)) throw refused(filter, `${field.name} takes ${field.operators.join(', ')}`);
  return { field: field.name, op: used, value: used === 'in' ? list : value };
}

function fieldOf(element: string, fields: readonly SessionField[]): string {
  if (fields.some(({ name }) => name === element)) return element;
  return names[element.toLowerCase().replace(/[-_]/g, '')] ?? element;
}

function refused(filter: string, why: string): RpcError {
  return new RpcError(`filter ${filter.slice(0, 200)}: ${why}`, -32_602);
}
