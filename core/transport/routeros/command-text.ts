// Commands and rows as a RouterOS administrator would write them, for the journal and for dry runs; secrets masked.

type Row = Readonly<Record<string, string>>;

const secretName = /pass|secret|psk|response|private-key|preshared-key|community/i;
const longestValue = 300;
const mostRows = 20;

export function commandText(path: string, properties: Row): string {
  return [path, ...assignments(properties)].join(' ');
}

export function printText(menu: string, where: Row): string {
  const conditions = assignments(where);
  return [`${menu}/print`, ...(conditions.length > 0 ? ['where', ...conditions] : [])].join(' ');
}

export function removeText(menu: string, where: Row): string {
  return `${menu}/remove [find ${assignments(where).join(' ')}]`;
}

export function rowsText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'no rows';
  const shown = rows.slice(0, mostRows).map((row) => assignments(row).join(' '));
  const left = rows.length - shown.length;
  return [...shown, ...(left > 0 ? [`and ${left} more rows`] : [])].join('\n');
}

function assignments(row: Row): string[] {
  return Object.entries(row).map(([name, value]) => `${name}=${secretName.test(name) ? '***' : quoted(value)}`);
}

function quoted(value: string): string {
  const text = value.length > longestValue ? `${value.slice(0, longestValue)}...` : value;
  if (/^[\w.:/*@+,-]+$/.test(text)) return text;
  return `"${text.replace(/["\\$?]/g, '\\$&').replace(/\p{Cc}/gu, hexadecimal)}"`;
}

function hexadecimal(character: string): string {
  const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
  return named[character] ?? `\\${code}`;
}
