// A simulated ACME box on loopback: an SSH server over a table of subscribers. Teach it what the real one does, refusals too.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { shellShape } from '#core/simulator/shape.ts';
import { type SshOutput, startSshServer } from '#core/simulator/ssh-server.ts';

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

  const server = await startSshServer({
    ...login,
    run({ command }) {
      const words = wordsOf(command).filter((word) => word !== '--');
      const output = run(subscribers, words);
      const answered = `${output.stdout}${output.stderr}`.trimEnd() || 'ok';
      const exchange = { received: command, answered, isRead: words[0] === 'show', shape: shellShape(command) };
      for (const listener of listeners) listener(exchange);
      return output;
    },
  });
  return {
    transports: { ssh: { host: '127.0.0.1', port: server.port, ...login, host_key: server.fingerprint } },
    state: () => ({ subscribers: Object.fromEntries(subscribers) }),
    reset() {
      subscribers = new Map(initial);
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};

function run(subscribers: Map<string, Subscriber>, words: readonly string[]): SshOutput {
  const [noun = '', verb = '', id = '', ip = '', service = ''] = words;
  if (noun === 'show' && verb === 'version') return printed('ACME OS 1.0');
  const known = subscribers.get(id);
  if (noun === 'subscriber' && verb === 'set') {
    subscribers.set(id, { blocked: false, ...known, ip, service });
    return printed('');
  }
  if (!['show', 'subscriber'].includes(noun)) return refused(1, 'no such command');
  if (known === undefined) return refused(3, 'no such subscriber');
  if (noun === 'show')
    return printed(`ip ${known.ip}\nservice ${known.service}\nblocked ${known.blocked ? 'yes' : 'no'}`);
  if (verb === 'delete') subscribers.delete(id);
  else if (verb === 'block' || verb === 'unblock') subscribers.set(id, { ...known, blocked: verb === 'block' });
  else return refused(1, 'no such command');
  return printed('');
}

function printed(stdout: string): SshOutput {
  return { exitCode: 0, stdout, stderr: '' };
}

function refused(exitCode: number, stderr: string): SshOutput {
  return { exitCode, stdout: '', stderr };
}

/** As a shell cuts a line: bare and quoted pieces that touch are one word. */
function wordsOf(command: string): string[] {
  const words = command.match(/(?:'[^']*'|\\.|[^\s'\\])+/gs) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|\\(.)/gs, (_all, quoted = '', escaped = '') => quoted + escaped));
}
