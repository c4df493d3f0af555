// A simulated ACME box behind a program, as sites have them: it keeps a folder for each subscriber. Teach it what the real one does.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { callEnd, nameOf, programText, shapeBegin } from './simulator/program.ts';

/** As the profile calls it, and the plugin. */
const program = 'acme';

type Values = Readonly<Record<string, string>>;

interface BoxState {
  readonly subscribers?: Readonly<Record<string, Values>>;
}

/** `state` is e.g. `{ "subscribers": { "1001": { "ip": "10.1.2.3", "service": "inet", "blocked": "no" } } }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const initial = (state as BoxState).subscribers ?? {};
  const folder = mkdtempSync(join(tmpdir(), `${program}-`));
  const [subscribers, calls, file] = [join(folder, 'subscribers'), join(folder, 'calls'), join(folder, program)];
  const fill = (): void => {
    rmSync(subscribers, { recursive: true, force: true });
    mkdirSync(subscribers);
    for (const [user_id, values] of Object.entries(initial)) {
      const own = join(subscribers, nameOf(user_id));
      mkdirSync(own);
      for (const [name, value] of Object.entries({ user_id, ...values })) writeFileSync(join(own, name), value);
    }
  };
  fill();
  writeFileSync(file, programText({ subscribers, calls }));
  chmodSync(file, 0o755);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  let told = 0;

  /** The program is no child of ours: what it wrote down is looked at when somebody asks. */
  const tell = (): void => {
    const all = existsSync(calls) ? readFileSync(calls, 'utf8').split(callEnd).filter(Boolean) : [];
    for (const call of all.slice(told)) {
      const [received = '', shape = ''] = call.split(shapeBegin);
      const isRead = received.startsWith('user_info');
      for (const listener of listeners) listener({ received, answered: '', isRead, shape: shape.split(' ') });
    }
    told = all.length;
  };
  const valuesOf = (own: string): readonly [string, Values] => {
    const entries = readdirSync(own).map((name) => [name, readFileSync(join(own, name), 'utf8')]);
    const { user_id = '', ...values } = Object.fromEntries(entries) as Record<string, string>;
    return [user_id, values];
  };

  return {
    transports: { script: { programs: { [program]: file } } },
    state() {
      tell();
      const all = readdirSync(subscribers).map((name) => valuesOf(join(subscribers, name)));
      return { subscribers: Object.fromEntries(all) };
    },
    reset: fill,
    onExchange: (listener) => void listeners.add(listener),
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
