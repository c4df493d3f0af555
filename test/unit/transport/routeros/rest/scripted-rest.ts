// A REST server that does exactly what a test tells it to, behind a certificate of its own; what it hears is kept as it came.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { selfSigned } from '#core/simulator/self-signed.ts';
import { routeros } from '#core/transport/routeros/routeros.ts';

export interface HeardRequest {
  /** How many came over the same connection before. */
  readonly before: number;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type RestScript = (response: ServerResponse, heard: HeardRequest) => void;

export const password = 'очень секретно';

export async function startScriptedRest(script: RestScript) {
  const heard: HeardRequest[] = [];
  const sockets = new Set<Socket>();
  const asked = new WeakMap<Socket, number>();
  let connections = 0;
  const { key, cert, fingerprint } = selfSigned('router');
  const server = createServer({ key, cert }, async (request, response) => {
    response.on('error', () => undefined);
    const body = await text(request).catch(() => '');
    const before = asked.get(request.socket) ?? 0;
    asked.set(request.socket, before + 1);
    const one = { before, method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
    heard.push(one);
    script(response, one);
  });
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  onTestFinished(close);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    fingerprint,
    cert,
    heard,
    connections: () => connections,
    open: () => sockets.size,
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

export type ScriptedRest = Awaited<ReturnType<typeof startScriptedRest>>;

/** The transport as a profile has it, with what goes into the journal. */
export function restTransport(port: number, changes: Record<string, unknown>) {
  const section = { via: 'rest', host: '127.0.0.1', port, user: 'ossia', password, ...changes };
  const transport = routeros.connect(routeros.config.parse(section), { nas: 'bras-1', log: () => undefined });
  onTestFinished(() => transport.close());
  const journal: string[] = [];
  const context = (afterMs = 5_000, signal = new AbortController().signal) => ({
    signal,
    deadline: Date.now() + afterMs,
    record: ({ kind, text: said }: { kind: string; text: string }) => void journal.push(`${kind} ${said}`),
  });
  return {
    transport,
    journal,
    context,
    call: (method: string, args: readonly unknown[], afterMs?: number, signal?: AbortSignal) =>
      transport.call(method, args, context(afterMs, signal)),
    async pages(args: readonly unknown[], onPage: (rows: unknown) => Promise<void> | void = () => undefined) {
      const stream = transport.stream?.('pages', args, context());
      for (let step = await stream?.next(); step && !step.done; step = await stream?.next()) await onPage(step.value);
    },
  };
}
