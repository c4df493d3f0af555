// A simulated 7750 SR on loopback: CoA and Disconnect by RADIUS, and its command line over SSH, over the same subscribers.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCliServer } from '#core/simulator/cli-server.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { type BngState, createBng } from './simulator/bng.ts';
import { createCommandLine } from './simulator/command-line.ts';

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;

/** `state` is `{ sessions, config }`, see simulator/bng.ts. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const dictionary = await loadDictionary(dictionaries);
  const bng = createBng(state as BngState, dictionary);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const tell = (exchange: SimulatedExchange): void => {
    for (const listener of listeners) listener(exchange);
  };
  const secret = randomBytes(12).toString('hex');
  const user = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const login = createCommandLine(bng, (line, printed) =>
    tell({
      received: line,
      answered: printed,
      isRead: true,
      shape: line.split(' ').map((word, at) => (at === 4 ? 'w' : word)),
    }),
  );
  const cli = await startCliServer({ ...user, login });
  const coa = await startCoaServer({
    secret,
    isStrict: true,
    isSilent: () => false,
    take(request) {
      const attributes = request.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
      const received = formatPacket(dictionary, { code: request.code, attributes });
      const verdict = bng.take(request);
      const answered = typeof verdict === 'number' ? `nak ${verdict}` : verdict;
      tell({ received, answered, shape: packetShape({ code: request.code, attributes }) });
      return verdict;
    },
  });
  return {
    transports: {
      coa: { host: '127.0.0.1', port: coa.port, secret },
      cli: { host: '127.0.0.1', port: cli.port, ...user, host_key: cli.fingerprint, platform: 'nokia-sros' },
    },
    state: bng.state,
    reset: bng.reset,
    onExchange: (listener) => void listeners.add(listener),
    async close() {
      await Promise.all([coa.close(), cli.close()]);
    },
  };
};
