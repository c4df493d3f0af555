// Network namespaces joined by veth pairs, made for one test and removed with everything that runs in them.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface Namespaces {
  /** The full name of one, for `ip netns exec`. */
  name(short: string): string;
  add(short: string): Promise<void>;
  /** A veth pair; an end without namespace is in the test's own. Interfaces are up and have their address. */
  link(one: LinkEnd, other: LinkEnd): Promise<void>;
  /** To its end, or for twenty seconds; any exit code is an answer. */
  run(short: string, command: readonly string[]): Promise<Ran>;
  /** In the background until `close`. */
  start(short: string, command: readonly string[]): void;
  close(): Promise<void>;
}

export interface LinkEnd {
  /** Null: the namespace that the test itself runs in. */
  readonly netns: string | null;
  readonly interface: string;
  /** With its prefix length: `10.0.0.1/24`. */
  readonly addresses: readonly string[];
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function createNamespaces(): Namespaces {
  const prefix = `ossia${randomBytes(3).toString('hex')}`;
  const releasers: (() => Promise<unknown>)[] = [];
  const name = (short: string) => `${prefix}${short}`;
  const inside = (short: string, command: readonly string[]) => ['netns', 'exec', name(short), ...command];

  async function configure(end: LinkEnd): Promise<void> {
    const at = end.netns === null ? [] : ['-n', name(end.netns)];
    for (const address of end.addresses) {
      const noDad = address.includes(':') ? ['nodad'] : [];
      await exec('ip', [...at, 'address', 'add', address, 'dev', end.interface, ...noDad]);
    }
    await exec('ip', [...at, 'link', 'set', end.interface, 'up']);
  }

  return {
    name,
    async add(short) {
      await exec('ip', ['netns', 'add', name(short)]);
      releasers.push(() => exec('ip', ['netns', 'del', name(short)]));
      await exec('ip', ['-n', name(short), 'link', 'set', 'lo', 'up']);
    },
    async link(one, other) {
      const end = (at: LinkEnd) => ['name', at.interface, ...(at.netns === null ? [] : ['netns', name(at.netns)])];
      const [near, far] = [end(one), end(other)];
      await exec('ip', ['link', 'add', ...near, 'type', 'veth', 'peer', ...far]);
      await configure(one);
      await configure(other);
    },
    run: (short, command) =>
      new Promise((resolve) => {
        const limits = { timeout: 20_000, maxBuffer: 2 ** 26 };
        const child = execFile('ip', inside(short, command), limits, (error, stdout, stderr) =>
          resolve({ code: error ? Number(error.code ?? 255) : 0, stdout, stderr }),
        );
        child.stdin?.end();
      }),
    start(short, command) {
      const child = spawn('ip', inside(short, command), { stdio: 'ignore', detached: true });
      releasers.push(async () => {
        if (child.exitCode !== null || child.pid === undefined) return;
        process.kill(-child.pid, 'SIGKILL');
        await new Promise((resolve) => child.once('exit', resolve));
      });
    },
    async close() {
      for (const release of releasers.splice(0).reverse()) await release();
    },
  };
}
