// A plugin as an integrator writes it, in a folder far from ours: `acme`, for a box that keeps words under keys, with its simulator.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const manifest = {
  name: 'acme',
  version: '0.1.0',
  api: '^1',
  summary: 'A box that keeps words under keys.',
  transports: { ssh: ['*'] },
  options: { type: 'object', properties: {}, additionalProperties: false },
};

const simulator = `// A box that keeps words under keys: put KEY WORD, drop KEY, count KEY.
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { shellShape } from '#core/simulator/shape.ts';
import { startSshServer } from '#core/simulator/ssh-server.ts';

export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  let words: Record<string, string> = { ...(state as object) };
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const login = { user: 'ossia', password: 'words' };
  const server = await startSshServer({
    ...login,
    run({ command }) {
      const parts = [...command.matchAll(/'([^']*)'|[^\\s']+/g)].map(([bare, quoted]) => quoted ?? bare);
      const [verb, key = '', word = ''] = parts.filter((each) => each !== '--');
      if (verb === 'put') words[key] = word;
      if (verb === 'drop') delete words[key];
      if (verb === 'count') words[key] = String(Number(words[key] ?? 0) + 1);
      for (const listener of listeners) listener({ received: command, answered: 'ok', shape: shellShape(command) });
      return { exitCode: 0, stdout: '', stderr: '' };
    },
  });
  return {
    transports: { ssh: { host: '127.0.0.1', port: server.port, ...login, host_key: server.fingerprint } },
    state: () => words,
    reset() {
      words = { ...(state as object) };
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};
`;

/** Keeps all promises. */
export const goodHooks = `
    async user_add({ account }, device) {
      await device.ssh.run(sh\`put -- \${account.user_id} \${account.login}\`);
    },
    async user_del({ account }, device) {
      await device.ssh.run(sh\`drop -- \${account.user_id}\`);
    },`;

interface AcmeCase {
  readonly hook: string;
  readonly name: string;
  /** The file's text, or what it holds. */
  readonly of: unknown;
}

const alice = { user_id: '1001', login: 'алиса' };
const told = "put -- 1001 'алиса'";

/** What fits `goodHooks`. */
export const goodCases: readonly AcmeCase[] = [
  {
    hook: 'user_add',
    name: 'new',
    of: { account: alice, outcome: 'done', sent: [told], state_after: { '1001': 'алиса' } },
  },
  {
    hook: 'user_del',
    name: 'there',
    of: { state: { '1001': 'алиса' }, account: alice, outcome: 'done', sent: ['drop -- 1001'], state_after: {} },
  },
];

interface AcmeInput {
  readonly hooks: string;
  readonly cases: readonly AcmeCase[];
}

/** Returns the plugin's folder. */
export async function writeAcme(directory: string, { hooks, cases }: AcmeInput): Promise<string> {
  const folder = join(directory, 'plugins', 'acme');
  await mkdir(join(folder, 'cases'), { recursive: true });
  await writeFile(join(folder, 'plugin.json'), JSON.stringify(manifest, null, 2));
  const plugin = `import { definePlugin, sh } from '#plugin-sdk';
import type manifest from './plugin.json';

export default definePlugin<typeof manifest>({
  hooks: {${hooks}
  },
});
`;
  await writeFile(join(folder, 'plugin.ts'), plugin);
  await writeFile(join(folder, 'simulator.ts'), simulator);
  await writeFile(join(folder, 'README.md'), 'It has user_add, user_del, user_drop, user_accept.\n');
  for (const { hook, name, of } of cases) {
    await mkdir(join(folder, 'cases', hook), { recursive: true });
    const text = typeof of === 'string' ? of : JSON.stringify(of, null, 2);
    await writeFile(join(folder, 'cases', hook, `${name}.json`), text);
  }
  return folder;
}
