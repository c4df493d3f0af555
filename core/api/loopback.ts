// What counts as this machine: addresses to bind without tokens, and Host and Origin headers that a browser page elsewhere cannot forge.
import { isIPv4 } from 'node:net';
import { OssiaError } from '../errors.ts';

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
}

/**
 * Without tokens the only guard is that the caller is local, and a page in a local browser is not:
 * DNS rebinding shows in Host, a cross-site request in Origin.
 */
export function checkLocalHeaders({ host, origin }: { host: string | undefined; origin: string | undefined }): void {
  if (host === undefined || !isLoopback(hostnameOf(host)))
    throw new OssiaError(
      'forbidden',
      'Without API tokens only requests to localhost or a loopback address are taken; set tokens in ossia.yaml for others.',
    );
  if (origin !== undefined && origin.replace(/^https?:\/\//, '') !== host)
    throw new OssiaError('forbidden', 'Without API tokens no requests from web pages of other origins are taken.');
}

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, '');
}
