// The `routeros` transport: what a profile says about a router's API, and the methods that plugins call on it.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { createClient, type RouterClient } from './client.ts';
import { commandText, printText, removeText, rowsText } from './command-text.ts';
import { clientConfig, type RouterOsConfig, routerOsConfig } from './config.ts';
import { type Commands, ensureRow, type Row, readRows, removeRows } from './menu.ts';
import { propertyWords } from './reply.ts';

const menu = z.string().regex(/^(\/[a-z0-9][a-z0-9-]*)+$/, 'expected a path like /ip/firewall/address-list');
const property = z.string().regex(/^[a-z.][a-z0-9.-]*$/i, 'expected a property name');
const row = z.record(property, z.string());
const filled = row.refine((properties) => Object.values(properties).some((value) => value !== ''), {
  error: 'expected at least one property with a value: without one this would mean every row',
});
// These belong to the connection, which many calls share.
const command = menu.refine((path) => !['/login', '/cancel', '/quit'].includes(path), {
  error: 'expected a command that does not change the connection itself',
});

const methods = {
  print: { access: 'read', args: z.tuple([menu, row.nullish(), z.array(property).nullish()]) },
  ensure: { access: 'write', args: z.tuple([menu, filled, row.nullish()]) },
  ensureAbsent: { access: 'write', args: z.tuple([menu, filled]) },
  command: { access: 'write', args: z.tuple([command, row.nullish()]) },
} as const;

export const routeros: TransportDefinition<RouterOsConfig> = {
  name: 'routeros',
  config: routerOsConfig,
  secrets: ['password'],
  unknownInDryRun:
    'Reads were made, writes were not: ensure and ensureAbsent show what they may do at most, and what the router would refuse is not known.',
  methods,
  connect(section, environment) {
    const client = createClient(clientConfig(section), (message) =>
      environment.log('info', `RouterOS API of ${environment.nas} (${section.host}): ${message}`),
    );
    return createTransport(client);
  },
};

function createTransport(client: RouterClient): Transport {
  return {
    async call(method, args, context) {
      const commands = commandsOf(client, context);
      const [path, first, second] = args as [string, Row | null | undefined, unknown];
      const properties = first ?? {};
      if (method === 'print') {
        const proplist = (second as readonly string[] | null | undefined) ?? [];
        return readRows(commands, { menu: path, where: properties, proplist });
      }
      if (method === 'ensure') {
        return ensureRow(commands, { menu: path, key: properties, properties: (second as Row | null) ?? {} });
      }
      if (method === 'ensureAbsent') return removeRows(commands, { menu: path, where: properties });
      if (method === 'command') return commands.run(path, properties);
      throw new OssiaError('arguments_invalid', `The RouterOS transport has no method ${method}.`);
    },
    describe(method, args) {
      const [path, first, second] = args as [string, Row | null | undefined, unknown];
      const properties = first ?? {};
      if (method === 'print') return printText(path, properties);
      if (method === 'ensure') return commandText(`${path}/add`, { ...properties, ...((second as Row | null) ?? {}) });
      if (method === 'ensureAbsent') return removeText(path, properties);
      return commandText(path, properties);
    },
    close: () => client.close(),
  };
}

/** Commands that leave what was said in the journal. */
function commandsOf(client: RouterClient, context: CallContext): Commands {
  async function exchange(text: string, words: readonly string[]): Promise<readonly Row[]> {
    const { signal, deadline } = context;
    const onSent = () => context.record({ kind: 'sent', text });
    try {
      const { rows, done } = await client.request(words, { signal, deadline, onSent });
      const answered = Object.keys(done).length > 0 ? [...rows, done] : rows;
      const isSilent = answered.length === 0 && !text.includes('/print');
      context.record({ kind: 'received', text: isSilent ? 'done' : rowsText(answered) });
      return answered;
    } catch (error) {
      if (error instanceof OssiaError) {
        const isWord = error.said !== undefined;
        context.record({ kind: isWord ? 'received' : 'log', text: error.said ?? `${text}: ${error.message}` });
      }
      throw error;
    }
  }
  return {
    print(path, where, proplist) {
      const queries = Object.entries(where).filter(([, value]) => value !== '');
      const words = [
        `${path}/print`,
        ...(proplist.length > 0 ? [`=.proplist=${proplist.join(',')}`] : []),
        ...queries.map(([name, value]) => `?${name}=${value}`),
      ];
      return exchange(printText(path, where), words);
    },
    run: (path, properties) => exchange(commandText(path, properties), [path, ...propertyWords(properties)]),
  };
}
