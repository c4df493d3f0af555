// Two values as lines, and which lines differ: what an author reads when a case did not end as it says.
import { isDeepStrictEqual } from 'node:util';

const mostLines = 2000;
const around = 2;

/** As JSON, so that what JSON leaves out makes no difference. */
export function isSame(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(plain(one), plain(other));
}

/** `-` lines are only in `wanted`, `+` lines only in `got`; of the lines that both have, those next to them. */
export function diff({ wanted, got }: { readonly wanted: unknown; readonly got: unknown }): string {
  const [before, after] = [linesOf(wanted), linesOf(got)];
  if (before.length > mostLines || after.length > mostLines) return `- ${before.length} lines\n+ ${after.length} lines`;
  const lines = edits(before, after);
  const changed = lines.flatMap((line, at) => (line.startsWith('  ') ? [] : [at]));
  const shown = lines.flatMap((line, at) =>
    changed.some((one) => Math.abs(one - at) <= around) ? [{ line, at }] : [],
  );
  return shown
    .map(({ line, at }, index) => (index > 0 && at !== (shown[index - 1]?.at ?? 0) + 1 ? `  ...\n${line}` : line))
    .join('\n');
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

/** Lists of texts as they read, a line of a text to a line; everything else as JSON with its keys in order. */
function linesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    return value.flatMap((item) =>
      item.split('\n').map((line: string, at: number) => (at === 0 ? line : `  | ${line}`)),
    );
  if (value === undefined) return ['(nothing)'];
  return JSON.stringify(sorted(plain(value)), null, 2).split('\n');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/** By the longest common subsequence. */
function edits(before: readonly string[], after: readonly string[]): readonly string[] {
  const width = after.length + 1;
  const lengths = new Uint16Array((before.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1)
    for (let column = after.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: string[] = [];
  let [row, column] = [0, 0];
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push(`  ${before[row++]}`);
      column += 1;
    } else if (row < before.length && (column === after.length || at(row + 1, column) >= at(row, column + 1)))
      lines.push(`- ${before[row++]}`);
    else lines.push(`+ ${after[column++]}`);
  }
  return lines;
}
