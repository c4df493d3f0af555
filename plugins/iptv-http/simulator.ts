// A simulated IPTV middleware on loopback, in the default shape: a token, pages, packages that it sells, and its refusals.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { type HttpAsked, startHttpServer } from '#core/simulator/http-server.ts';
import { createMiddleware, type MiddlewareState } from './simulator/middleware.ts';

/** `state` is that of simulator/middleware.ts. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const middleware = createMiddleware(state as MiddlewareState);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const token = randomBytes(12).toString('hex');
  const server = await startHttpServer({
    token,
    answer(asked) {
      const answer = middleware.answer(asked);
      const exchange = {
        received: textOf(asked),
        answered: `${answer.status} ${JSON.stringify(answer.body ?? null)}`,
        isRead: asked.method === 'GET',
        // Accounts and packages are every second part of a path.
        shape: [
          asked.method,
          ...asked.path.map((part, at) => (at % 2 === 0 ? part : 'w')),
          ...Object.keys(asked.body ?? {}),
        ],
      };
      for (const listener of listeners) listener(exchange);
      return answer;
    },
  });
  return {
    transports: { http: { base_url: `http://127.0.0.1:${server.port}/`, token } },
    state: middleware.state,
    reset: middleware.reset,
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

function textOf({ method, path, body }: HttpAsked): string {
  const place = path.map((part) => part.replaceAll('/', '%2F')).join('/');
  return `${method} /${place}${body === null ? '' : ` ${JSON.stringify(body)}`}`;
}
