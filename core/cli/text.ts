// Texts for the terminal: nothing from a box or the billing may steer it, columns are aligned, colour only where it is wanted.
import { styleText } from 'node:util';
import type { Io } from './command.ts';

/** Control characters made visible; line ends too. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be found
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) =>
    char === '\n' ? '\\n' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export type Tone = 'good' | 'bad' | 'busy' | 'plain' | 'faint';
const styles = { good: 'green', bad: 'red', busy: 'yellow', faint: 'dim' } as const;

export type Paint = (tone: Tone, text: string) => string;

export function painter({ columns, env }: Pick<Io, 'columns' | 'env'>): Paint {
  const wanted = columns > 0 && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return (tone, text) =>
    wanted && tone !== 'plain' && text !== '' ? styleText(styles[tone], text, { validateStream: false }) : text;
}

export interface Column<Row> {
  readonly title: string;
  text(row: Row): string;
  tone?(row: Row): Tone;
  readonly align?: 'right';
}

/** Columns that the last one needs to say something beside the others. */
const leastRoom = 30;

/** With a title line; the last column is cut at the edge of the terminal, or stands under its row when that leaves it little. */
export function table<Row>(rows: readonly Row[], { columns, io }: { columns: readonly Column<Row>[]; io: Io }): string {
  const paint = painter(io);
  const cells = rows.map((row) => columns.map((column) => clean(column.text(row))));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  const under = io.columns > 0 && io.columns < before + leastRoom;
  const indent = under ? '    ' : '';
  const room = io.columns === 0 ? Number.POSITIVE_INFINITY : io.columns - (under ? indent.length : before);

  const line = (texts: readonly string[], tone: (index: number) => Tone): string => {
    const parts = texts.map((text, index) => {
      const last = index === texts.length - 1;
      if (last) return paint(tone(index), text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text);
      const padding = ' '.repeat((widths[index] ?? 0) - text.length);
      const painted = paint(tone(index), text);
      return columns[index]?.align === 'right' ? padding + painted : painted + padding;
    });
    const own = under ? parts.splice(-1).join('') : '';
    const row = parts.join('  ').trimEnd();
    return own === '' ? row : `${row}\n${indent}${own}`;
  };

  const head = line(
    columns.map(({ title }) => title),
    () => 'faint',
  );
  const body = cells.map((texts, row) => line(texts, (index) => toneAt(columns[index], rows[row])));
  return `${[head, ...body].join('\n')}\n`;
}

function toneAt<Row>(column: Column<Row> | undefined, row: Row | undefined): Tone {
  return column?.tone === undefined || row === undefined ? 'plain' : column.tone(row);
}

/** `2026-11-21 20:00:13` in the time zone of the reader; empty for null. */
export function localTime(iso: string | null): string {
  if (iso === null) return '';
  const date = new Date(iso);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
