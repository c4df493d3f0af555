// A NAS's folder of the billing with a `session` script in it, as sites have them: the script keeps what it was told in files.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SimulatedExchange, Simulator, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { callEnd, oldScript, shapeBegin } from './simulator/old-script.ts';

interface FolderState {
  /** What stands in each account's file: lines by name. */
  readonly users?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The script ends so before it does anything. */
  readonly exit?: number;
  /** The script never ends: a loop on a dead router. */
  readonly hangs?: boolean;
  /** The site has a script of its own in ubin. */
  readonly ubin?: boolean;
}

/** `state` is e.g. `{ "users": { "1001": { "login": "alice", "accept": "0" } }, "exit": 254 }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}): Promise<Simulator> => {
  const { users = {}, exit = 0, hangs = false, ubin = false } = state as FolderState;
  const folder = mkdtempSync(join(tmpdir(), 'ossia-carbon-'));
  for (const part of ['bin', 'ubin', 'users']) mkdirSync(join(folder, part));
  const fill = (): void => {
    for (const [id, lines] of Object.entries(users)) writeFileSync(join(folder, 'users', id), linesOf(lines));
  };
  fill();
  const write = (part: string): void => {
    const file = join(folder, part, 'session');
    writeFileSync(
      file,
      oldScript({ users: join(folder, 'users'), calls: join(folder, 'calls'), from: part, exit, hangs }),
    );
    chmodSync(file, 0o755);
  };
  write('bin');
  if (ubin) write('ubin');
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  let told = 0;
  /** The script is no child of ours: what it wrote down is looked at when somebody asks. */
  const tell = (): void => {
    const calls = textOf(join(folder, 'calls')).split(callEnd).filter(Boolean);
    for (const call of calls.slice(told)) {
      const [received = '', shape = ''] = call.split(shapeBegin);
      for (const listener of listeners) listener({ received, answered: '', shape: shape.split('\n') });
    }
    told = calls.length;
  };

  return {
    transports: { script: { programs: { ubin: join(folder, 'ubin/session'), bin: join(folder, 'bin/session') } } },
    state() {
      tell();
      const ids = readdirSync(join(folder, 'users')).sort();
      return { users: Object.fromEntries(ids.map((id) => [id, parsed(textOf(join(folder, 'users', id)))])) };
    },
    reset() {
      for (const id of readdirSync(join(folder, 'users'))) rmSync(join(folder, 'users', id));
      fill();
    },
    onExchange(listener) {
      listeners.add(listener);
    },
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

function linesOf(lines: Readonly<Record<string, string>>): string {
  return Object.entries(lines)
    .map(([name, value]) => `${name}=${value}\n`)
    .sort()
    .join('');
}

function parsed(text: string): Record<string, string> {
  const lines = text.split('\n').filter(Boolean);
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
