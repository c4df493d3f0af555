// Where the daemon is: told by options, else by ossia.yaml, else at its default socket.
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { exitCodes, UsageError } from './command.ts';
import { DaemonError } from './daemon-client.ts';

export type DaemonAddress =
  | { readonly type: 'socket'; readonly path: string; readonly token: string | null }
  | { readonly type: 'url'; readonly url: string; readonly token: string | null };

export const addressOptions = {
  socket: 'value',
  url: 'value',
  'token-file': 'value',
  config: 'value',
  json: 'flag',
} as const;

type AddressOptions = Readonly<Partial<Record<keyof typeof addressOptions, string>>>;

export const addressHelp = `  --socket PATH       unix socket of the daemon
  --url URL           its HTTP address, instead of the socket
  --token-file PATH   file with the token for --url
  --config PATH       settings that say where the socket is; ossia.yaml by default
  --json              print one JSON document
`;

export async function daemonAddress(options: AddressOptions): Promise<DaemonAddress> {
  const { socket, url } = options;
  if (socket !== undefined && url !== undefined)
    throw new UsageError('--socket and --url are two ways to the same daemon; say one');
  const file = options['token-file'];
  const token = file === undefined ? null : (await readOrRefuse(file)).trim();
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:\/\//.test(url))
      throw new UsageError(`--url ${url} is not an http or https address`);
    return { type: 'url', url, token };
  }
  if (socket !== undefined) return { type: 'socket', path: socket, token };
  return { ...(await fromSettings(options.config)), token };
}

/** Not by the settings' own loader: that one wants their secrets, which the user of a command may not read. */
async function fromSettings(config: string | undefined): Promise<Omit<DaemonAddress, 'token'> & DaemonAddress> {
  const name = config ?? 'ossia.yaml';
  const text = config === undefined ? await readFile(name, 'utf8').catch(() => '') : await readOrRefuse(name);
  const { parse } = text === '' ? { parse: () => ({}) } : await import('yaml');
  const settings = objectOf(parsedBy(() => parse(text), name));
  const inFolder = (path: string) => (isAbsolute(path) ? path : join(dirname(name), path));
  const { socket, data = 'data' } = settings;
  if (socket === false) {
    const { host = '127.0.0.1', port = 8480 } = objectOf(settings['http']);
    return { type: 'url', url: `http://${host}:${port}`, token: null };
  }
  const path = typeof socket === 'string' ? inFolder(socket) : join(inFolder(String(data)), 'ossia.sock');
  return { type: 'socket', path, token: null };
}

async function readOrRefuse(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    throw cannotRead(file, reasons[code] ?? `it cannot be read (${code})`);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder, not a file',
};

function parsedBy(parse: () => unknown, file: string): unknown {
  try {
    return parse();
  } catch {
    throw cannotRead(file, 'it is not YAML; ossia check says where');
  }
}

function cannotRead(file: string, why: string): DaemonError {
  const told = `${file}: ${why}.`;
  return new DaemonError({
    exitCode: exitCodes.refused,
    lines: [told],
    document: { code: 'config_invalid', detail: told },
  });
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
