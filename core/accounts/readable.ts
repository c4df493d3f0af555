// Any JSON as lines for people: names and values aligned, lists one entry each, nothing of the notation.

const mostLines = 1_000;
const deepest = 8;

export function readable(value: unknown): string {
  const lines = linesOf(value, 0);
  if (lines.length <= mostLines) return lines.join('\n');
  return [...lines.slice(0, mostLines), `... ${lines.length - mostLines} lines more`].join('\n');
}

function linesOf(value: unknown, depth: number): string[] {
  if (!isNested(value)) return plain(value).split('\n');
  if (depth >= deepest) return [JSON.stringify(value)];
  if (Array.isArray(value)) return value.flatMap((item) => itemLines(item, depth));
  const entries = Object.entries(value);
  const width = Math.max(...entries.filter(([, each]) => !isNested(each)).map(([name]) => name.length), 0);
  return entries.flatMap(([name, each]) => {
    if (isNested(each)) return [name, ...linesOf(each, depth + 1).map(indented)];
    const [first = '', ...more] = plain(each).split('\n');
    return [`${name.padEnd(width)}  ${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(width)}  ${line}`)];
  });
}

function itemLines(item: unknown, depth: number): string[] {
  const [first = '', ...more] = linesOf(item, depth + 1);
  return [`- ${first}`, ...more.map(indented)];
}

function indented(line: string): string {
  return `  ${line}`;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'object') return 'none';
  return String(value);
}
