// Runs the real program as its user does.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../core/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** When it is killed; 20 s. */
  readonly timeoutMs?: number;
}

export function ossia(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return startOssia(args, options).ended;
}

/** For one that goes on; it is killed after a while in any case. */
export function startOssia(
  args: readonly string[],
  { cwd, input = '', env = {}, timeoutMs = 20_000 }: RunOptions = {},
) {
  const child = spawn(process.execPath, [main, ...args], { cwd, env: { ...process.env, ...env }, timeout: timeoutMs });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { out: () => out, ended, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}
