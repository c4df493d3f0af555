// The sessions that accel-pppd has: all of them, or those of one account.
import { refuse } from '#plugin-sdk';
import { linesOf } from './cli.ts';
import { type AccelOptions, type Device, type Input, isShaping } from './options.ts';
import { createTableReader, type Row } from './session-table.ts';

const fixedColumns = ['sid', 'state', 'uptime-raw', 'ip', 'type', 'ifname'] as const;
const looseColumns = ['calling-sid', 'username'] as const;
type Column = (typeof fixedColumns)[number] | (typeof looseColumns)[number] | 'rate-limit';

export interface AccelSession {
  /** As in Acct-Session-Id. */
  readonly sid: string;
  readonly state: string;
  readonly username: string;
  /** Without a prefix length. */
  readonly ip: string;
  /** MAC, address or number of the caller. */
  readonly caller: string;
  readonly type: string;
  readonly ifname: string;
  readonly uptime: number;
  /** kbit/s; null: no limit. Not there without the shaper module. */
  readonly rate?: { readonly rate_in: number; readonly rate_out: number } | null;
}

/** The command line shows no more of a name. */
const longestCell = 127;

export async function* pagesOfSessions(
  options: AccelOptions,
  device: Device,
  match = '',
): AsyncGenerator<AccelSession[], void> {
  const fixed: readonly Column[] = isShaping(options) ? [...fixedColumns, 'rate-limit'] : fixedColumns;
  const columns = [...fixed, ...looseColumns];
  const reader = createTableReader<Column>(columns, fixed.length);
  const command = `show sessions ${columns.join(',')}${match}`;
  for await (const lines of linesOf({ options, device, command })) {
    const sessions = reader.read(lines).map((row) => sessionOf(row, options));
    if (sessions.length > 0) yield sessions;
  }
  reader.end();
}

/** Those that are not ending already. */
export async function sessionsOf(input: Input, device: Device): Promise<AccelSession[]> {
  const wanted = wantedOf(input);
  const found: AccelSession[] = [];
  const match = ` match ${wanted.column} ^${patternOf(wanted.text)}$`;
  for await (const sessions of pagesOfSessions(input.options, device, match)) found.push(...sessions);
  const key = wanted.column;
  return found.filter((session) => session[key] === wanted.text && session.state !== 'finish');
}

/** Whose sessions are the account's. */
function wantedOf({ account, options }: Input): { column: 'username' | 'ip'; text: string } {
  if (options.match === 'ip') {
    const text = account['ip'] ?? '';
    if (!isAddress(text)) throw refuse('The event carries no IPv4 address, by which this profile knows sessions.');
    return { column: 'ip', text };
  }
  const text = usernameOf({ account, options });
  if (!text.isWellFormed())
    throw refuse(`The ${options.username ?? 'login'} is no text that a session could have as its name.`);
  if (encodeURIComponent(text).replace(/%../g, '.').length > longestCell)
    throw refuse(`The username has more than the ${longestCell} bytes that accel-ppp's command line shows.`);
  return { column: 'username', text };
}

export function usernameOf({ account, options }: Pick<Input, 'account' | 'options'>): string {
  const variable = options.username ?? 'login';
  const name = account[variable];
  if (!name) throw refuse(`The event carries no ${variable}, and a session is found by nothing else.`);
  return name;
}

/** Each byte by its number: the command line takes no blanks, and nothing beyond ASCII. */
function patternOf(text: string): string {
  return encodeURIComponent(text).replace(/%([0-9A-F]{2})|[^A-Za-z0-9]/g, (character, digits?: string) =>
    digits === undefined ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\x${digits.toLowerCase()}`,
  );
}

function sessionOf(row: Row<Column>, options: AccelOptions): AccelSession {
  if (!/^[!-~]+$/.test(row.sid)) throw new Error('accel-ppp listed a session without a usable sid.');
  return {
    sid: row.sid,
    state: row.state,
    username: row.username,
    ip: row.ip.split('/')[0] ?? '',
    caller: row['calling-sid'],
    type: row.type,
    ifname: row.ifname,
    uptime: Number(row['uptime-raw']) || 0,
    ...(isShaping(options) && { rate: rateOf(row['rate-limit']) }),
  };
}

/** `20000/5000`: down and up. */
function rateOf(text: string): (AccelSession['rate'] & {}) | null {
  if (text === '') return null;
  const [, down, up] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (down === undefined) throw new Error(`accel-ppp printed ${JSON.stringify(text.slice(0, 40))} as a rate-limit.`);
  return { rate_in: Number(up), rate_out: Number(down) };
}

function isAddress(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}
