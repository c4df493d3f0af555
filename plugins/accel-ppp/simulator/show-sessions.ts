// `show sessions` of the simulated accel-pppd, as cli/show_sessions.c prints it; texts here are bytes, a character for each.
import type { Pppd, PppdSession } from './pppd.ts';

const columns: Readonly<Record<string, (session: PppdSession) => string | number | undefined>> = {
  sid: ({ sid }) => sid,
  ifname: ({ ifname }) => ifname,
  username: ({ username }) => username,
  'calling-sid': ({ caller }) => caller,
  ip: ({ ip }) => ip,
  type: ({ type }) => type,
  state: ({ state }) => state,
  'uptime-raw': ({ uptime }) => uptime,
  'rate-limit': ({ down, up }) => (down + up > 0 ? `${down}/${up}` : ''),
};

const longestCell = 127;

export function showSessions(pppd: Pppd, words: readonly string[]): string {
  const [list = '', verb, key = '', pattern = '', ...more] = words;
  if (more.length > 0 || (verb !== undefined && (verb !== 'match' || pattern === ''))) return 'syntax error\r\n';
  const names = list.split(',');
  const isThere = (name: string) =>
    Object.hasOwn(columns, name) && (name !== 'rate-limit' || pppd.config.shaper !== null);
  const unknown = [...(verb === undefined ? [] : [key]), ...names].find((name) => !isThere(name));
  if (unknown !== undefined) return `unknown column ${unknown}\r\n`;
  const isMatch = verb === undefined ? undefined : new RegExp(pattern);
  const rows = pppd.sessions
    .filter((session) => isMatch?.test(cellOf(session, key)) ?? true)
    .map((session) => names.map((name) => cellOf(session, name)));
  const widths = names.map((name) => widest([name, ...pppd.sessions.map((one) => cellOf(one, name))]));
  return [
    names.map((name, index) => titleOf(name, widths[index] ?? 0)).join('|'),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...rows.map((cells) => cells.map((cell, index) => ` ${cell} `.padEnd((widths[index] ?? 0) + 2)).join('|')),
    '',
  ].join('\r\n');
}

/** Over all sessions, also those that do not match. */
function widest(cells: readonly string[]): number {
  return Math.max(...cells.map(({ length }) => length));
}

function cellOf(session: PppdSession, name: string): string {
  const bytes = Buffer.from(String(columns[name]?.(session) ?? ''));
  return bytes.subarray(0, longestCell).toString('latin1');
}

function titleOf(name: string, width: number): string {
  const { length } = name;
  if (width <= length + 1) return width > length ? ` ${name}  ` : ` ${name} `;
  const before = Math.floor(width / 2) - Math.floor(length / 2) + 1;
  return `${' '.repeat(before)}${name}`.padEnd(width + 2);
}
