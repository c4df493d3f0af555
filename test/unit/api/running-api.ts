// The real API on loopback and on a unix socket over the stages in memory, for one test; everything is closed behind it.
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ApiToken } from '#core/api/access.ts';
import type { ApiLimits } from '#core/api/limits.ts';
import type { Problem } from '#core/api/problem.ts';
import { type Api, startApi } from '#core/api/server.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { type MemoryWorld, memoryWorld } from './memory-world.ts';

interface Options {
  readonly tokens?: readonly ApiToken[];
  readonly limits?: Partial<ApiLimits>;
  readonly world?: MemoryWorld;
  readonly host?: string;
}

export interface RunningApi {
  readonly api: Api;
  readonly world: MemoryWorld;
  readonly url: string;
  readonly socket: string;
  send(body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

export async function runningApi({ tokens = [], limits = {}, world, host }: Options = {}): Promise<RunningApi> {
  const used = world ?? memoryWorld();
  const socket = join(tempDir(), 'ossia.sock');
  const api = await startApi({ host: host ?? '127.0.0.1', port: 0, socket, tokens, limits }, used.deps);
  onTestFinished(() => api.close(0));
  const url = `http://127.0.0.1:${api.port}`;
  return {
    api,
    world: used,
    url,
    socket,
    get: (path, headers = {}) => fetch(url + path, { headers }),
    send: (body, headers = {}) =>
      fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      } as RequestInit),
  };
}

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

interface PlainRequest {
  readonly port?: number;
  readonly socketPath?: string;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** What fetch will not do: unix sockets, and a Host header of one's own. */
export function plainRequest({ body = '', method = 'GET', ...options }: PlainRequest): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', ...options, method, agent: false }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export async function problemIn(response: Response): Promise<Problem> {
  if (response.headers.get('content-type') !== 'application/problem+json; charset=utf-8')
    throw new Error(`not a problem: ${response.status} ${await response.text()}`);
  return (await response.json()) as Problem;
}

export function drop(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    hook: 'user_drop',
    account: { user_id: '1001', login: 'alice', ip: '10.1.2.3', nas_ip: '10.0.0.1' },
    ...more,
  };
}
