// A simulated Juniper MX on loopback: its sessions by CoA and Disconnect.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape, textShape } from '#core/simulator/shape.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { RadiusAttribute } from '#core/transport/radius/packet.ts';
import { createMx } from './simulator/mx.ts';

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;
const erx = 4874;

/** `state` is `{ sessions, config }`; see the README. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const dictionary = await loadDictionary(dictionaries);
  const mx = createMx(state, dictionary);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const secret = randomBytes(12).toString('hex');
  const server = await startCoaServer({
    secret,
    // A retransmission is a request like any other: what was done already is refused.
    isStrict: false,
    isSilent: () => false,
    take(request) {
      const verdict = mx.take(request);
      const attributes = request.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
      const exchange = {
        received: formatPacket(dictionary, { code: request.code, attributes }),
        answered: typeof verdict === 'number' ? `nak ${verdict}` : verdict,
        shape: [...packetShape({ code: request.code, attributes }), ...attributes.flatMap(serviceShape)],
      };
      for (const listener of listeners) listener(exchange);
      return verdict;
    },
  });
  return {
    transports: { coa: { host: '127.0.0.1', port: server.port, secret } },
    state: mx.state,
    reset: mx.reset,
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

/** How many parameters a service has. */
function serviceShape({ vendor, value }: RadiusAttribute): string[] {
  return vendor === erx ? textShape(value.toString('utf8')) : [];
}
