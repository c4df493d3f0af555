// A simulated SmartEdge on loopback: CoA and Disconnect by RADIUS, and a command line over SSH that clears subscribers.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCliServer } from '#core/simulator/cli-server.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { createSmartEdge, type SmartEdgeState } from './simulator/smart-edge.ts';

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;

/** `state` is `{ sessions, config }`, see simulator/smart-edge.ts. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const dictionary = await loadDictionary(dictionaries);
  const box = createSmartEdge(state as SmartEdgeState, dictionary);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const tell = (exchange: SimulatedExchange): void => {
    for (const listener of listeners) listener(exchange);
  };
  const secret = randomBytes(12).toString('hex');
  const user = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const cli = await startCliServer({
    ...user,
    login: () => ({
      mode: 'privileged',
      prompt: () => '[local]se-1#',
      answer(line) {
        if (line.startsWith('terminal ')) return {};
        const [, name] = /^clear subscriber username (\S+)$/.exec(line) ?? [];
        const text = name === undefined ? '% Invalid input' : box.clear(name);
        tell({
          received: line,
          answered: text || 'nothing',
          shape: line.split(' ').map((word, at) => (at === 3 ? 'w' : word)),
        });
        return { text };
      },
    }),
  });
  const coa = await startCoaServer({
    secret,
    isStrict: true,
    isSilent: () => false,
    take(request) {
      const attributes = request.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
      const received = formatPacket(dictionary, { code: request.code, attributes });
      const verdict = box.take(request);
      const answered = typeof verdict === 'number' ? `nak ${verdict}` : verdict;
      tell({ received, answered, shape: packetShape({ code: request.code, attributes }) });
      return verdict;
    },
  });
  return {
    transports: {
      coa: { host: '127.0.0.1', port: coa.port, secret },
      cli: { host: '127.0.0.1', port: cli.port, ...user, host_key: cli.fingerprint, platform: 'ericsson-seos' },
    },
    state: box.state,
    reset: box.reset,
    onExchange: (listener) => void listeners.add(listener),
    async close() {
      await Promise.all([coa.close(), cli.close()]);
    },
  };
};
