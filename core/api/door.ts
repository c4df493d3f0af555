// The two doors into the same API: TCP, by token or from this machine only, and the unix socket, by file permission.
import type { FastifyRequest } from 'fastify';
import { OssiaError } from '../errors.ts';
import { type Caller, createGatekeeper } from './access.ts';
import type { ApiListen } from './deps.ts';
import { checkLocalHeaders, isLoopback } from './loopback.ts';

export interface Door {
  /** Names the door in events, logs and metrics. */
  readonly source: 'http' | 'socket';
  /** For every request, also to open routes; throws `forbidden`. */
  check(request: FastifyRequest): void;
  /** For routes that need a role; the token is in `tokenHeader`, or in Authorization. Throws `unauthorized`. */
  identify(request: FastifyRequest, tokenHeader?: string): Caller;
}

export function tcpDoor({ host, tokens }: Pick<ApiListen, 'host' | 'tokens'>): Door {
  if (tokens.length > 0) {
    const gatekeeper = createGatekeeper(tokens);
    return {
      source: 'http',
      check: () => undefined,
      identify({ headers }, tokenHeader) {
        const token = tokenHeader === undefined ? undefined : headers[tokenHeader];
        return gatekeeper.identify(token === undefined ? headers.authorization : `Bearer ${token}`);
      },
    };
  }
  if (!isLoopback(host))
    throw new OssiaError(
      'config_invalid',
      `http: ${host} can be reached from other machines, so it takes API tokens; set at least one, or listen on 127.0.0.1.`,
    );
  const local: Caller = { name: 'loopback', role: 'admin' };
  return {
    source: 'http',
    check: ({ headers }) => checkLocalHeaders({ host: headers.host, origin: headers.origin }),
    identify: () => local,
  };
}

export function socketDoor(): Door {
  const local: Caller = { name: 'socket', role: 'admin' };
  return { source: 'socket', check: () => undefined, identify: () => local };
}
