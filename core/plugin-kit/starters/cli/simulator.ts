// A simulated ACME box on loopback: a command line over SSH and a table of subscribers. Teach it what the real one does, refusals too.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import type { CliAnswer, CliBox } from '#core/simulator/cli-dialog.ts';
import { startCliServer } from '#core/simulator/cli-server.ts';
import { cliShape } from '#core/simulator/shape.ts';

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
  const login = { user: 'ossia', password: randomBytes(12).toString('hex') };

  const server = await startCliServer({
    ...login,
    login: (): CliBox => ({
      mode: 'exec',
      pageLines: 24,
      prompt: () => 'acme-1#',
      answer(line) {
        const answer = run(subscribers, line.split(/ +/));
        const isRead = /^(?:show|terminal) /.test(line);
        const exchange = { received: line, answered: answer.text?.trimEnd() || 'ok', isRead, shape: cliShape(line) };
        for (const listener of listeners) listener(exchange);
        return answer;
      },
    }),
  });
  const section = { host: '127.0.0.1', port: server.port, ...login, host_key: server.fingerprint };
  return {
    // What it prints comes whole: a prompt needs no silence behind it to be believed.
    transports: { cli: { ...section, platform: 'cisco-ios', settle: '5ms' } },
    state: () => ({ subscribers: Object.fromEntries(subscribers) }),
    reset() {
      subscribers = new Map(initial);
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

function run(subscribers: Map<string, Subscriber>, words: readonly string[]): CliAnswer {
  const [noun = '', verb = '', id = '', ip = '', service = ''] = words;
  if (noun === 'terminal') return verb === 'length' ? { pageLines: null } : {};
  if (noun === 'show' && verb === 'version') return { text: 'ACME OS 1.0\n' };
  const known = subscribers.get(id);
  if (noun === 'subscriber' && verb === 'set') {
    subscribers.set(id, { blocked: false, ...known, ip, service });
    return {};
  }
  if (!['show', 'subscriber'].includes(noun)) return invalid;
  if (known === undefined) return { text: '% Error: no such subscriber\n' };
  if (noun === 'show')
    return { text: `ip ${known.ip}\nservice ${known.service}\nblocked ${known.blocked ? 'yes' : 'no'}\n` };
  if (verb === 'delete') subscribers.delete(id);
  else if (verb === 'block' || verb === 'unblock') subscribers.set(id, { ...known, blocked: verb === 'block' });
  else return invalid;
  return {};
}

const invalid: CliAnswer = { text: "          ^\n% Invalid input detected at '^' marker.\n" };
