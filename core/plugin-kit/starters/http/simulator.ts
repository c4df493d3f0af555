// A simulated ACME box on loopback: an HTTP API over a table of subscribers. Teach it what the real one does, refusals too.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { type HttpAnswer, type HttpAsked, startHttpServer } from '#core/simulator/http-server.ts';

interface Subscriber {
  readonly ip: string;
  readonly service: string;
  readonly blocked: boolean;
}

interface BoxState {
  readonly subscribers?: Readonly<Record<string, Subscriber>>;
}

/** `state` is e.g. `{ "subscribers": { "1001": { "ip": "10.1.2.3", "service": "inet", "blocked": false } } }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const initial = Object.entries((state as BoxState).subscribers ?? {});
  let subscribers = new Map(initial);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const token = randomBytes(12).toString('hex');

  const server = await startHttpServer({
    token,
    answer(asked) {
      const answer = run(subscribers, asked);
      const exchange = {
        received: `${asked.method} /${asked.path.join('/')}${asked.body === null ? '' : ` ${JSON.stringify(asked.body)}`}`,
        answered: `${answer.status} ${JSON.stringify(answer.body ?? null)}`,
        isRead: asked.method === 'GET',
        shape: [asked.method, `${asked.path.length} parts`, ...Object.keys(asked.body ?? {})],
      };
      for (const listener of listeners) listener(exchange);
      return answer;
    },
  });
  return {
    transports: { http: { base_url: `http://127.0.0.1:${server.port}/`, token } },
    state: () => ({ subscribers: Object.fromEntries(subscribers) }),
    reset() {
      subscribers = new Map(initial);
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

function run(subscribers: Map<string, Subscriber>, { method, path, body }: HttpAsked): HttpAnswer {
  const [noun = '', id = '', part = ''] = path;
  if (method === 'GET' && noun === 'status') return { status: 200, body: { version: '1.0' } };
  if (noun !== 'subscribers' || path.length < 2) return { status: 404, body: { error: 'no such path' } };
  const known = subscribers.get(id);
  if (method === 'PUT' && part === '') {
    subscribers.set(id, { blocked: false, ...known, ip: String(body?.['ip']), service: String(body?.['service']) });
    return { status: 204 };
  }
  if (known === undefined) return { status: 404, body: { error: 'no such subscriber' } };
  if (method === 'GET') return { status: 200, body: known };
  if (method === 'DELETE') subscribers.delete(id);
  else if (method === 'PUT' && part === 'access')
    subscribers.set(id, { ...known, blocked: body?.['blocked'] === true });
  else return { status: 405, body: { error: 'not here' } };
  return { status: 204 };
}
