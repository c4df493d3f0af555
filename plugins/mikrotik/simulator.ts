// A simulated MikroTik router on loopback: the RouterOS API of 7 and of 6, REST, and CoA and Disconnect, over the same tables.
import { randomBytes } from 'node:crypto';
import type { SimulatedExchange, StartSimulator } from '#core/plugin-sdk/simulator.ts';
import { startRouterOsRestServer } from '#core/simulator/routeros-rest-server.ts';
import { propertiesOf, startRouterOsServer } from '#core/simulator/routeros-server.ts';
import { commandText, printText, rowsText } from '#core/transport/routeros/command-text.ts';
import { parseReply } from '#core/transport/routeros/reply.ts';
import { runCommand } from './simulator/commands.ts';
import type { Row } from './simulator/menus.ts';
import { startRadiusIncoming } from './simulator/radius-incoming.ts';
import { createTables, type TablesState } from './simulator/tables.ts';

const factoryState: TablesState = {
  '/system/resource': [{ version: '7.20.1 (stable)', 'board-name': 'CHR', uptime: '3w2d4h', 'cpu-load': '3' }],
};

/** `state` is rows by menu path, e.g. `{ "/ppp/active": [{ "name": "alice", "address": "10.1.2.3" }] }`. */
export const startSimulator: StartSimulator = async ({ state = {} } = {}) => {
  const initial = { ...factoryState, ...(state as TablesState) };
  const tables = createTables(initial);
  const listeners = new Set<(exchange: SimulatedExchange) => void>();
  const tell = (exchange: SimulatedExchange) => {
    for (const listener of listeners) listener(exchange);
  };
  const login = { user: 'ossia', password: randomBytes(12).toString('hex') };
  const secret = randomBytes(12).toString('hex');
  const box = {
    ...login,
    run: (words: readonly string[]) => runCommand(tables, words),
    onExchange: (words: readonly string[], answer: readonly (readonly string[])[]) =>
      tell({ received: textOf(words), answered: answerText(answer), isRead: isPrint(words), shape: shapeOf(words) }),
  };
  const api = await startRouterOsServer(box);
  const oldApi = await startRouterOsServer({ ...box, isOld: true });
  const rest = await startRouterOsRestServer(box);
  const radius = await startRadiusIncoming({
    tables,
    secret,
    onExchange: tell,
  });
  return {
    transports: {
      routeros: { host: '127.0.0.1', port: api.port, ...login },
      coa: { host: '127.0.0.1', port: radius.port, secret },
    },
    ways: {
      'RouterOS 6': { routeros: { host: '127.0.0.1', port: oldApi.port, ...login, login: 'challenge' } },
      REST: { routeros: { via: 'rest', host: '127.0.0.1', port: rest.port, fingerprint: rest.fingerprint, ...login } },
    },
    state: () => shownState(tables.state()),
    reset: () => tables.reset(initial),
    onExchange(listener) {
      listeners.add(listener);
    },
    async close() {
      await Promise.all([api.close(), oldApi.close(), rest.close(), radius.close()]);
    },
  };
};

/** Without empty menus and what nobody changes. */
function shownState(state: TablesState): TablesState {
  return Object.fromEntries(
    Object.entries(state).filter(([menu, rows]) => rows.length > 0 && menu !== '/system/resource'),
  );
}

function isPrint([path = '']: readonly string[]): boolean {
  return path.endsWith('/print');
}

/** Which words came, without what they set or ask for. */
function shapeOf([path = '', ...words]: readonly string[]): string[] {
  return [path, ...words.map((word) => word.slice(0, word.indexOf('=', 1) < 0 ? undefined : word.indexOf('=', 1)))];
}

function textOf([path = '', ...words]: readonly string[]): string {
  const properties = propertiesOf(words);
  if (!isPrint([path])) return commandText(path, properties);
  const conditions = propertiesOf(words.flatMap((word) => (word.startsWith('?') ? [`=${word.slice(1)}`] : [])));
  return printText(path.slice(0, -'/print'.length), conditions);
}

function answerText(answer: readonly (readonly string[])[]): string {
  const replies = answer.map(parseReply);
  const trap = replies.find(({ reply }) => reply === '!trap');
  if (trap !== undefined) return trap.properties['message'] ?? 'refused';
  const rows: Row[] = replies.filter(({ properties }) => Object.keys(properties).length > 0).map((r) => r.properties);
  if (rows.length > 0) return rowsText(rows);
  return replies.some(({ reply }) => reply === '!empty') ? 'no rows' : 'done';
}
