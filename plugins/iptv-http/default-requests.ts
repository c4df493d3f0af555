// The default shape: what is asked of a middleware whose profile says nothing else. The README shows the answers to it.
import type { RequestName, RequestTemplate } from './options.ts';

export const defaultRequests: Readonly<Record<RequestName, RequestTemplate | null>> = {
  find: { method: 'GET', path: ['accounts', '{account}'] },
  create: {
    method: 'POST',
    path: ['accounts'],
    json: { id: '{account}', login: '{login?}', email: '{email?}' },
  },
  update: null,
  remove: { method: 'DELETE', path: ['accounts', '{account}'] },
  block: { method: 'PUT', path: ['accounts', '{account}', 'status'], json: { blocked: true } },
  unblock: { method: 'PUT', path: ['accounts', '{account}', 'status'], json: { blocked: false } },
  add_package: { method: 'PUT', path: ['accounts', '{account}', 'packages', '{package}'] },
  remove_package: { method: 'DELETE', path: ['accounts', '{account}', 'packages', '{package}'] },
  list: { method: 'GET', path: ['accounts'], query: { page: '{page}', per_page: '{size}' } },
};
