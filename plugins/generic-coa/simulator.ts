// A simulated box on loopback that knows sessions and nothing else: CoA-Requests change them, Disconnect-Requests end them.
import { randomBytes } from 'node:crypto';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import type { SimulatedExchange, Simulator, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { type Dictionary, loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { RadiusPacket } from '#core/transport/radius/packet.ts';
import { createSessions } from './simulator/sessions.ts';

export interface CoaSimulator extends Simulator {
  /** A subscriber comes online: his session is there from now on. */
  login(userName: string, attributes?: RadiusAttributes): void;
  logout(userName: string): void;
  /** From now on nothing is answered, or everything again. */
  silence(isSilent: boolean): void;
}

interface BoxState {
  /** Attributes by User-Name; with an Acct-Session-Id where requests are to have one. */
  readonly sessions?: Readonly<Record<string, RadiusAttributes>>;
  readonly silent?: boolean;
}

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;

/** `state` is e.g. `{ "sessions": { "alice": { "Acct-Session-Id": "81000001" } } }`. */
export const startSimulator = (async ({ state = {} } = {}) => {
  const { sessions: initial = {}, silent = false } = state as BoxState;
  const dictionary = await loadDictionary(dictionaries);
  const sessions = createSessions(dictionary);
  for (const [userName, attributes] of Object.entries(initial)) sessions.login(userName, attributes);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const secret = randomBytes(12).toString('hex');
  let isSilent = silent;

  const server = await startCoaServer({
    secret,
    isStrict: true,
    isSilent: () => isSilent,
    take(request) {
      const cause = sessions.take(request);
      // Texts are made only when somebody reads them: the box is also used under load.
      if (listeners.size > 0) {
        const exchange = {
          received: requestText(dictionary, request),
          answered: answerText(dictionary, request, cause),
          shape: packetShape(request),
        };
        for (const listener of listeners) listener(exchange);
      }
      return cause === 0 ? 'ack' : cause;
    },
  });

  return {
    transports: { coa: { host: '127.0.0.1', port: server.port, secret } },
    state: () => ({ sessions: sessions.state() }),
    reset() {
      for (const userName of Object.keys(sessions.state())) sessions.logout(userName);
      for (const [userName, attributes] of Object.entries(initial)) sessions.login(userName, attributes);
    },
    onExchange(listener) {
      listeners.add(listener);
    },
    login: (userName, attributes = {}) => sessions.login(userName, attributes),
    logout: sessions.logout,
    silence(wanted) {
      isSilent = wanted;
    },
    close: server.close,
  } satisfies CoaSimulator as CoaSimulator;
}) satisfies StartSimulator;

/** Without the time, which would make every text another one. */
function requestText(dictionary: Dictionary, { code, attributes }: RadiusPacket): string {
  const shown = attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
  return formatPacket(dictionary, { code, attributes: shown });
}

function answerText(dictionary: Dictionary, request: RadiusPacket, cause: number): string {
  const value = Buffer.from([0, 0, cause >> 8, cause & 0xff]);
  const attributes = cause === 0 ? [] : [{ vendor: 0, type: 101, value }];
  return formatPacket(dictionary, { code: request.code + (cause === 0 ? 1 : 2), attributes });
}
