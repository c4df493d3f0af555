// A simulated Carbon XGE on loopback: it acknowledges every CoA, and says in the Reply-Message how the command went; its lists over SSH.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startCoaServer } from '#core/simulator/coa-server.ts';
import { startSshServer } from '#core/simulator/ssh-server.ts';
import type { RadiusAttribute } from '#core/transport/radius/packet.ts';
import { createXge, type XgeState } from './simulator/xge.ts';

const [filterId, replyMessage] = [11, 18];
/** Of one attribute. */
const longest = 253;

/** `state` is `{ sessions, complains, list_error }`, see simulator/xge.ts. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const xge = createXge(state as XgeState);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const tell = (exchange: SimulatedExchange): void => {
    for (const listener of listeners) listener(exchange);
  };
  const secret = randomBytes(12).toString('hex');
  const user = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const coa = await startCoaServer({
    secret,
    isStrict: false,
    isSilent: () => false,
    take({ attributes }) {
      const text = attributes
        .filter(({ vendor, type }) => vendor === 0 && type === filterId)
        .map(({ value }) => value.toString('utf8'))
        .join('');
      const { printed, code } = xge.run(text);
      const said = `${printed} (ERR: ${code})`;
      tell({ received: text, answered: said, isRead: isReading(text), shape: shapeOf(text) });
      return { ack: inAttributes(said) };
    },
  });
  const ssh = await startSshServer({
    ...user,
    run({ command }) {
      const [, text = ''] = /^chroot \S+ xgesh (.+)$/s.exec(command) ?? [];
      const [, list] = /^show list (\S+)$/.exec(text) ?? [];
      if (list !== undefined) return { ...shown(list), stderr: '' };
      const { printed, code } = xge.run(text);
      tell({ received: command, answered: printed || 'nothing', isRead: isReading(text), shape: shapeOf(command) });
      return { exitCode: code, stdout: `${printed}\n`, stderr: '' };
    },
  });

  function shown(list: string): { exitCode: number; stdout: string } {
    const { list_error: error } = state as XgeState;
    tell({ received: `show list ${list}`, answered: error ?? list, isRead: true });
    if (error !== undefined) return { exitCode: 0, stdout: `${error}\n` };
    return { exitCode: 0, stdout: `Name: ${list}\nMembers:\n${xge.members(list).join('\n')}\n` };
  }

  return {
    transports: {
      coa: { host: '127.0.0.1', port: coa.port, secret },
      ssh: { host: '127.0.0.1', port: ssh.port, ...user, host_key: ssh.fingerprint },
    },
    state: xge.state,
    reset: xge.reset,
    onExchange: (listener) => void listeners.add(listener),
    async close() {
      await Promise.all([coa.close(), ssh.close()]);
    },
  };
};

function isReading(text: string): boolean {
  return /\b(?:info|test|get_mac|show)\b/.test(text);
}

/** Its words, and everything that is none; addresses and numbers are values. */
function shapeOf(text: string): string[] {
  return text.split(/(\W)/).map((piece) => (/\d/.test(piece) ? 'w' : piece));
}

function inAttributes(text: string): RadiusAttribute[] {
  const bytes = Buffer.from(text, 'utf8');
  const parts: RadiusAttribute[] = [];
  for (let at = 0; at < bytes.length; at += longest)
    parts.push({ vendor: 0, type: replyMessage, value: bytes.subarray(at, at + longest) });
  return parts;
}
