// A simulated Linux router on loopback: an SSH server over nftables sets and HTB classes that live in memory.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { shellShape } from '#core/simulator/shape.ts';
import { startSshServer } from '#core/simulator/ssh-server.ts';
import { createRouter } from './simulator/router.ts';
import { runShell } from './simulator/shell.ts';

/** `state` is what `state()` returns; see the README. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  let router = createRouter(structuredClone(state));
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const login = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const server = await startSshServer({
    ...login,
    run({ command, stdin }) {
      const result = runShell(router, { command, stdin });
      const received = stdin === '' ? command : `${command}\n${stdin.trimEnd()}`;
      const printed = (result.stdout + result.stderr).trimEnd();
      const answered = printed || (result.exitCode === 0 ? 'ok' : `exit ${result.exitCode}`);
      for (const listener of listeners) listener({ received, answered, shape: shellShape(command, stdin) });
      return result;
    },
  });
  return {
    transports: { ssh: { host: '127.0.0.1', port: server.port, ...login, host_key: server.fingerprint } },
    state: () => router.state(),
    reset() {
      router = createRouter(structuredClone(state));
    },
    onExchange(listener) {
      listeners.add(listener);
    },
    close: server.close,
  };
};
