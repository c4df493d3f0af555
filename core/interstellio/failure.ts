// Errors in the shape that Interstellio's clients read: `{ error: { title, description, request_id } }`.
import { STATUS_CODES } from 'node:http';
import type { Failed } from '../api/route.ts';

export function failure({ error, status, requestId }: Failed): { text: string; contentType: string } {
  const places = error.fields.map(({ where, problem }) => `${where}: ${problem}`);
  const description = error.code === 'internal' ? 'Something went wrong.' : [error.message, ...places].join(' ');
  const said = { error: { title: STATUS_CODES[status] ?? 'Error', description, request_id: requestId } };
  return { text: JSON.stringify(said), contentType: 'application/json; charset=utf-8' };
}
