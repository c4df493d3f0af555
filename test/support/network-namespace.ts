// A network namespace of the test's own: nothing in it reaches the machine's network, and its ports are all free.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface NetworkNamespace {
  readonly name: string;
  /** Runs `ip` inside, and returns what it printed. */
  ip(...args: string[]): Promise<string>;
  /** Runs a program inside to its end, and returns what it printed. Rejects on an exit code other than 0. */
  exec(command: string, args: readonly string[], options?: ExecOptions): Promise<string>;
  close(): Promise<void>;
}

interface ExecOptions {
  /** For its standard input. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Needs root. Its loopback is up. */
export async function createNetworkNamespace(): Promise<NetworkNamespace> {
  const name = `ossia-${randomBytes(4).toString('hex')}`;
  await run('ip', ['netns', 'add', name]);
  const namespace: NetworkNamespace = {
    name,
    async ip(...args) {
      return (await run('ip', ['-n', name, ...args])).stdout;
    },
    async exec(command, args, { input = '', timeoutMs = 30_000 } = {}) {
      const line = ['netns', 'exec', name, command, ...args];
      const running = run('ip', line, { timeout: timeoutMs, maxBuffer: 1 << 24 });
      running.child.stdin?.end(input);
      return (await running).stdout;
    },
    async close() {
      await run('ip', ['netns', 'delete', name]);
    },
  };
  await namespace.ip('link', 'set', 'lo', 'up');
  return namespace;
}
