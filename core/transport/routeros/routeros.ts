// The `routeros` transport: what a profile says about a router's API, and the methods that plugins call on it.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { CallContext, Transport, TransportDefinition } from '../transport.ts';
import { encodings } from './charset.ts';
import { createClient, type RouterClient } from './client.ts';
import { commandText, printText, removeText, rowsText } from './command-text.ts';
import { type Commands, ensureRow, type Row, readRows, removeRows } from './menu.ts';
import { propertyWords } from './reply.ts';

const milliseconds = z.int().min(1).max(3_600_000);

const config = z.strictObject({
  host: z.string().min(1),
  /** 8728, or 8729 with TLS. */
  port: z.int().min(1).max(65_535).optional(),
  tls: z.boolean().default(false),
  /** PEM of the authority that signed the router's certificate. */
  ca: z.string().optional(),
  /** SHA-256 of the router's certificate, as `openssl x509 -fingerprint -sha256` prints it; replaces an authority. */
  fingerprint: z
    .string()
    .transform((text) => text.replace(/^sha-?256[:=]/i, '').replaceAll(':', ''))
    .refine((text) => /^[0-9a-f]{64}$/i.test(text), { error: 'expected 64 hexadecimal digits' })
    .optional(),
  /** The name in the certificate when it is not `host`. */
  servername: z.string().optional(),
  user: z.string().min(1),
  password: z.string().default(''),
  /** How texts are kept on the box. */
  encoding: z.enum(encodings).default('utf8'),
  /** Commands that the router works on at the same time. */
  max_in_flight: z.int().min(1).max(256).default(8),
  connect_timeout_ms: milliseconds.default(5_000),
  command_timeout_ms: milliseconds.default(10_000),
  idle_close_ms: milliseconds.default(60_000),
});

type RouterOsConfig = z.infer<typeof config>;

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
  config,
  secrets: ['password'],
  methods,
  connect(section, environment) {
    const client = createClient(clientConfig(section), (message) =>
      environment.log('info', `RouterOS API of ${environment.nas} (${section.host}): ${message}`),
    );
    return createTransport(client);
  },
};

function clientConfig(section: RouterOsConfig) {
  const { ca, fingerprint, servername } = section;
  return {
    host: section.host,
    port: section.port ?? (section.tls ? 8729 : 8728),
    tls: section.tls ? { ca, fingerprint, servername } : null,
    user: section.user,
    password: section.password,
    encoding: section.encoding,
    maxInFlight: section.max_in_flight,
    connectTimeoutMs: section.connect_timeout_ms,
    commandTimeoutMs: section.command_timeout_ms,
    idleCloseMs: section.idle_close_ms,
  };
}

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
    context.record({ kind: 'sent', text });
    try {
      const { rows, done } = await client.request(words, context);
      const answered = Object.keys(done).length > 0 ? [...rows, done] : rows;
      const isSilent = answered.length === 0 && !text.includes('/print');
      context.record({ kind: 'received', text: isSilent ? 'done' : rowsText(answered) });
      return answered;
    } catch (error) {
      if (error instanceof OssiaError) context.record({ kind: 'received', text: error.said ?? error.message });
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
