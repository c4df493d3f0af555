// The `routeros` transport: what a profile says about a router, and the methods that plugins call on it, by its API or by REST.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { createApiRouter } from './api-router.ts';
import { commandText, printText, removeText, rowsText } from './command-text.ts';
import { clientConfig, type RouterOsConfig, routerOsConfig } from './config.ts';
import { askedOf, type Commands, ensureRow, keptRows, plannedRemoval, type Row, readRows, removeRows } from './menu.ts';
import { createRestRouter } from './rest/rest-router.ts';
import type { Router, RouterCall } from './router.ts';

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

const pageOptions = z.strictObject({ size: z.int().min(1).max(10_000).optional() });

const methods = {
  print: { access: 'read', args: z.tuple([menu, row.nullish(), z.array(property).nullish()]) },
  pages: {
    access: 'read',
    inParts: true,
    args: z.tuple([menu, row.nullish(), z.array(property).nullish(), pageOptions.nullish()]),
  },
  ensure: { access: 'write', args: z.tuple([menu, filled, row.nullish()]) },
  ensureAbsent: { access: 'write', args: z.tuple([menu, filled]) },
  command: { access: 'write', args: z.tuple([command, row.nullish()]) },
} as const;

export const routeros: TransportDefinition<RouterOsConfig> = {
  name: 'routeros',
  config: routerOsConfig,
  secrets: ['password'],
  unknownInDryRun:
    'Reads were made, writes were not: what the router would refuse, and what another command would answer, is not known.',
  methods,
  subjects: (_, [path]) => [[path as string]],
  connect(section, environment) {
    const config = clientConfig(section);
    if (section.via === 'rest') return createTransport(createRestRouter(config));
    const log = (message: string) =>
      environment.log('info', `RouterOS API of ${environment.nas} (${section.host}): ${message}`);
    return createTransport(createApiRouter(config, log));
  },
};

type PagesArgs = readonly [string, Row?, (readonly string[])?, { readonly size?: number }?];

/** Some hundred kilobytes of rows. */
const defaultPage = 1000;

function createTransport(router: Router): Transport {
  return {
    async call(method, args, context) {
      const commands = commandsOf(router, context);
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
    async *stream(_method, args, context) {
      const [path, where, proplist, options] = args as PagesArgs;
      const asked = { menu: path, where: where ?? {}, proplist: proplist ?? [] };
      let count = 0;
      context.record({ kind: 'sent', text: printText(path, asked.where) });
      try {
        const call = { signal: context.signal, deadline: context.deadline, size: options?.size ?? defaultPage };
        for await (const rows of router.pages({ ...asked, proplist: askedOf(asked) }, call)) {
          const kept = keptRows(rows, asked);
          count += kept.length;
          if (kept.length > 0) yield kept;
        }
        context.record({ kind: 'received', text: `${count} rows` });
      } catch (error) {
        if (error instanceof OssiaError)
          context.record({ kind: 'received', text: error.said ?? `after ${count} rows: ${error.message}` });
        throw error;
      }
    },
    describe(method, args) {
      const [path, first, second] = args as [string, Row | null | undefined, unknown];
      const properties = first ?? {};
      if (method === 'print' || method === 'pages') return printText(path, properties);
      if (method === 'ensure') return commandText(`${path}/add`, { ...properties, ...((second as Row | null) ?? {}) });
      if (method === 'ensureAbsent') return removeText(path, properties);
      return commandText(path, properties);
    },
    plan(method, args, context) {
      const commands = recording(commandsOf(router, context), context);
      const [menu, key, properties] = args as [string, Row, Row | null | undefined];
      if (method === 'ensure') return ensureRow(commands, { menu, key, properties: properties ?? {} });
      if (method === 'ensureAbsent') return plannedRemoval(commands, { menu, where: key });
      return undefined;
    },
    close: () => router.close(),
  };
}

/** Reads for real; what would change the router is only written down. */
function recording({ print }: Commands, { record }: CallContext): Commands {
  return {
    print,
    async run(path, properties) {
      record({ kind: 'recorded', text: commandText(path, properties) });
      return [];
    },
  };
}

/** Commands that leave what was said in the journal. */
function commandsOf(router: Router, context: CallContext): Commands {
  async function kept(text: string, ask: (call: RouterCall) => Promise<readonly Row[]>): Promise<readonly Row[]> {
    const { signal, deadline } = context;
    try {
      const rows = await ask({ signal, deadline, onSent: () => context.record({ kind: 'sent', text }) });
      const isSilent = rows.length === 0 && !text.includes('/print');
      context.record({ kind: 'received', text: isSilent ? 'done' : rowsText(rows) });
      return rows;
    } catch (error) {
      if (error instanceof OssiaError) {
        const isWord = error.said !== undefined;
        context.record({ kind: isWord ? 'received' : 'log', text: error.said ?? `${text}: ${error.message}` });
      }
      throw error;
    }
  }
  return {
    print: (menu, where, proplist) =>
      kept(printText(menu, where), (call) => router.print({ menu, where, proplist }, call)),
    run: (path, properties) => kept(commandText(path, properties), (call) => router.run(path, properties, call)),
  };
}
