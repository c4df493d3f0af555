// The HTTP side of a simulated box: JSON over loopback, for who has the token; what a request does is the box's own.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

export interface HttpAsked {
  readonly method: string;
  /** The parts of the path, each as it was before it was encoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Null when there is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

export interface HttpAnswer {
  readonly status: number;
  /** Besides those of the body, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** As JSON. */
  readonly body?: unknown;
}

export interface HttpServer {
  readonly port: number;
  close(): Promise<void>;
}

interface HttpServerOptions {
  /** Whoever has not got it is answered 401. */
  readonly token: string;
  answer(asked: HttpAsked): HttpAnswer;
}

export async function startHttpServer({ token, answer }: HttpServerOptions): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const send = ({ status, headers, body }: HttpAnswer): void => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const type = text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
      response.writeHead(status, { ...headers, ...type }).end(text);
    };
    try {
      if (request.headers.authorization !== `Bearer ${token}`) return send({ status: 401, body: { error: 'who?' } });
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://box');
      const path = pathname.split('/').filter(Boolean).map(decodeURIComponent);
      const hasBody = Number(request.headers['content-length'] ?? 0) > 0;
      const body = hasBody ? ((await json(request)) as Readonly<Record<string, unknown>>) : null;
      send(answer({ method: request.method ?? '', path, query: searchParams, body }));
    } catch {
      send({ status: 400, body: { error: 'cannot be read' } });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
