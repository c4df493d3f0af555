// A simulated Huawei ME60 on loopback: its sessions by CoA and Disconnect.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { createMe60 } from './simulator/me60.ts';

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;

/** `state` is `{ sessions, config }`; see the README. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const dictionary = await loadDictionary(dictionaries);
  const me60 = createMe60(state, dictionary);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const secret = randomBytes(12).toString('hex');
  const server = await startCoaServer({
    secret,
    // A retransmission is a request like any other.
    isStrict: false,
    isSilent: () => false,
    take(request) {
      const isRead = me60.isQuestion(request);
      const verdict = me60.take(request);
      const attributes = request.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
      const exchange = {
        received: formatPacket(dictionary, { code: request.code, attributes }),
        answered: typeof verdict === 'object' ? 'ack' : typeof verdict === 'number' ? `nak ${verdict}` : verdict,
        shape: packetShape({ code: request.code, attributes }),
        isRead,
      };
      for (const listener of listeners) listener(exchange);
      return verdict;
    },
  });
  return {
    transports: { coa: { host: '127.0.0.1', port: server.port, secret } },
    state: me60.state,
    reset: me60.reset,
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};
