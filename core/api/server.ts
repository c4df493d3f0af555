// Starts the API on its two doors, TCP and unix socket, and closes both.

import { chmod } from 'node:fs/promises';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { OssiaError } from '../errors.ts';
import { allRoutes } from './all-routes.ts';
import { buildApp } from './app.ts';
import type { ApiDependencies, ApiListen } from './deps.ts';
import { socketDoor, tcpDoor } from './door.ts';
import { createFeed } from './feed.ts';
import { type ApiLimits, defaultLimits } from './limits.ts';
import { claimSocketPath } from './unix-socket.ts';

export interface Api {
  readonly host: string;
  readonly port: number;
  readonly socket: string | null;
  /** Ends streams, lets running requests end within `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>;
}

export async function startApi(
  { host, port, socket, tokens, limits: changed = {} }: ApiListen & { readonly limits?: Partial<ApiLimits> },
  deps: ApiDependencies,
): Promise<Api> {
  const limits = { ...defaultLimits, ...changed };
  const feed = createFeed(deps);
  const routes = [...allRoutes({ deps, feed, limits }), ...(deps.foreign ?? [])];
  const apps: FastifyInstance[] = [];
  const add = async (door: Parameters<typeof buildApp>[0]['door']): Promise<FastifyInstance> => {
    const app = buildApp({ door, routes, limits, log: deps.log });
    apps.push(app);
    await app.ready();
    return app;
  };

  async function close(graceMs = 5_000): Promise<void> {
    feed.close();
    const hard = setTimeout(() => {
      for (const app of apps) app.server.closeAllConnections();
    }, graceMs);
    await Promise.allSettled(apps.map((app) => app.close()));
    clearTimeout(hard);
  }

  try {
    const tcp = await add(tcpDoor({ host, tokens }));
    await listenTcp({ server: tcp.server, host, port });
    if (socket !== null) await listenSocket((await add(socketDoor())).server, socket);
    return { host, port: (tcp.server.address() as AddressInfo).port, socket, close };
  } catch (error) {
    await close(0);
    throw error;
  }
}

async function listenTcp({ server, host, port }: { server: Server; host: string; port: number }): Promise<void> {
  const address = host.replace(/^\[(.*)\]$/, '$1');
  const where = `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  const listening = listened(server, where);
  server.listen({ host: address, port });
  await listening;
}

async function listenSocket(server: Server, path: string): Promise<void> {
  await claimSocketPath(path);
  const listening = listened(server, path);
  // Never connectable by others, not even between listening and chmod.
  const before = process.umask(0o007);
  try {
    server.listen({ path });
  } finally {
    process.umask(before);
  }
  await listening;
  await chmod(path, 0o660);
}

function listened(server: Server, where: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, where));
  server.once('error', onError);
  server.once('listening', () => {
    server.off('error', onError);
    resolve();
  });
  return promise;
}

function listenError(error: NodeJS.ErrnoException, where: string): OssiaError {
  const setting = where.startsWith('http') ? 'http.host or http.port' : 'socket';
  const reasons: Record<string, string> = {
    EADDRINUSE: `something else is listening there already; stop it, or set another ${setting}`,
    EACCES: `this user may not listen there; set another ${setting}`,
    EADDRNOTAVAIL: `this machine does not have that address; set another ${setting}`,
    ENOTFOUND: 'there is no host of that name',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new OssiaError('config_invalid', `Cannot listen on ${where}: ${reason}.`, { cause: error });
}
