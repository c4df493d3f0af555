// A simulated box on loopback that speaks the RouterOS API, over rows by menu. Teach it what the real one does, refusals too.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { propertiesOf, startRouterOsServer } from '#core/simulator/routeros-server.ts';
import { createTable, type Row } from './simulator/table.ts';

const addressLists = '/ip/firewall/address-list';

/** `state` is rows by menu: `{ "/ip/firewall/address-list": [{ "list": "blocked", "address": "10.1.2.3" }] }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const initial = (state as Readonly<Record<string, readonly Row[]>>)[addressLists] ?? [];
  let table = createTable(initial);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const login = { user: 'ossia', password: randomBytes(12).toString('hex') };

  const server = await startRouterOsServer({
    ...login,
    run([path = '', ...words]) {
      if (path === '/system/resource/print') return [['!re', '=version=7.20.1 (stable)'], ['!done']];
      if (path.startsWith(`${addressLists}/`)) return table.run(path.slice(addressLists.length + 1), words);
      return [['!trap', '=message=no such command or directory'], ['!done']];
    },
    onExchange([path = '', ...words], answer) {
      const properties = Object.entries(propertiesOf(words)).map(([name, value]) => `${name}=${value}`);
      const exchange = {
        received: [path, ...properties].join(' '),
        answered: answer.map((sentence) => sentence.join(' ')).join('\n'),
        isRead: path.endsWith('/print'),
        shape: [path, ...words.map((word) => word.slice(0, word.indexOf('=', 1)))],
      };
      for (const listener of listeners) listener(exchange);
    },
  });
  return {
    transports: { routeros: { host: '127.0.0.1', port: server.port, ...login } },
    state: () => ({ [addressLists]: table.rows() }),
    reset() {
      table = createTable(initial);
    },
    onExchange: (listener) => void listeners.add(listener),
    close: server.close,
  };
};
