// A simulated ACME box on loopback that knows sessions: a CoA-Request sets the filter of one, a Disconnect-Request ends it.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { findAttribute } from '#core/transport/radius/codec.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';

interface BoxState {
  /** Filters by login. */
  readonly sessions?: Readonly<Record<string, string>>;
}

const [userNameType, filterIdType] = [1, 11];
/** Error-Cause, RFC 5176 section 3.5. */
const [missingAttribute, noSession] = [402, 503];

/** `state` is e.g. `{ "sessions": { "alice": "inet" } }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const initial = Object.entries((state as BoxState).sessions ?? {});
  let sessions = new Map(initial);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const secret = randomBytes(12).toString('hex');

  const server = await startCoaServer({
    secret,
    isStrict: true,
    isSilent: () => false,
    take(request) {
      const cause = apply(sessions, request);
      const [name, filter] = [textOf(request, userNameType), textOf(request, filterIdType)];
      const verb = request.code === codes.disconnectRequest ? 'disconnect' : 'coa';
      const exchange = {
        received: [verb, `User-Name=${name}`, ...(filter === undefined ? [] : [`Filter-Id=${filter}`])].join(' '),
        answered: cause === 0 ? 'ACK' : `NAK ${cause}`,
        shape: packetShape(request),
      };
      for (const listener of listeners) listener(exchange);
      return cause === 0 ? 'ack' : cause;
    },
  });
  return {
    transports: { coa: { host: '127.0.0.1', port: server.port, secret } },
    state: () => ({ sessions: Object.fromEntries(sessions) }),
    reset() {
      sessions = new Map(initial);
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

/** Returns the Error-Cause, or 0. */
function apply(sessions: Map<string, string>, request: RadiusPacket): number {
  const name = textOf(request, userNameType);
  if (name === undefined) return missingAttribute;
  if (!sessions.has(name)) return noSession;
  if (request.code === codes.disconnectRequest) sessions.delete(name);
  else sessions.set(name, textOf(request, filterIdType) ?? sessions.get(name) ?? '');
  return 0;
}

function textOf(request: RadiusPacket, type: number): string | undefined {
  return findAttribute(request, type)?.toString('utf8');
}
