// A simulated accel-ppp on loopback: CoA and Disconnect by RADIUS, and accel-cmd over SSH, over the same sessions.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { packetShape } from '#core/simulator/shape.ts';
import { startSshServer } from '#core/simulator/ssh-server.ts';
import { formatPacket } from '#core/transport/coa/answer.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { createCommandLine } from './simulator/command-line.ts';
import { createDae } from './simulator/dae.ts';
import { createPppd } from './simulator/pppd.ts';

const dictionaries = new URL('../../nas-profiles/dictionaries', import.meta.url).pathname;
const eventTimestampType = 55;

/** `state` is `{ sessions, config }`; see the README. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const pppd = createPppd(state);
  const dictionary = await loadDictionary(dictionaries);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const tell = (exchange: SimulatedExchange): void => {
    for (const listener of listeners) listener(exchange);
  };
  const login = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const secret = randomBytes(12).toString('hex');
  const commandLine = createCommandLine(pppd, (command, printed) =>
    tell({
      received: command,
      answered: Buffer.from(printed, 'latin1').toString('utf8').trimEnd() || 'nothing',
      isRead: command.startsWith('show '),
      // A regular expression or a list of columns is one word to it.
      shape: command.split(/[^!-~]+/).map((word, at) => (at === 0 ? word : 'w')),
    }),
  );
  const ssh = await startSshServer({ ...login, run: commandLine.run });
  const take = createDae(pppd, dictionary);
  const coa = await startCoaServer({
    secret,
    // It looks at neither Message-Authenticator nor Event-Timestamp.
    isStrict: false,
    isSilent: () => false,
    take(request) {
      const attributes = request.attributes.filter(({ vendor, type }) => vendor !== 0 || type !== eventTimestampType);
      const verdict = take(request);
      const answered = typeof verdict === 'number' ? `nak ${verdict}` : verdict instanceof Promise ? 'later' : verdict;
      const received = formatPacket(dictionary, { code: request.code, attributes });
      tell({ received, answered, shape: packetShape({ code: request.code, attributes }) });
      return verdict;
    },
  });
  return {
    transports: {
      coa: { host: '127.0.0.1', port: coa.port, secret },
      ssh: { host: '127.0.0.1', port: ssh.port, ...login, host_key: ssh.fingerprint },
    },
    state: pppd.state,
    reset() {
      pppd.sessions = createPppd(state).sessions;
    },
    onExchange(listener) {
      listeners.add(listener);
    },
    async close() {
      await Promise.all([coa.close(), ssh.close()]);
    },
  };
};
