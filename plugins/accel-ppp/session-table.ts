// The table of `show sessions`, read line by line. A line that is not as its header says is an error: it could be half of another one.
import { retry } from '#plugin-sdk';
import { complaint, lastLine } from './cli.ts';

/** As accel-ppp writes them; empty texts for what a session has not got. */
export type Row<Column extends string> = Readonly<Record<Column, string>>;

export interface TableReader<Column extends string> {
  read(lines: readonly string[]): Row<Column>[];
  /** Throws when the table did not come to its end. */
  end(): void;
}

/** In place of each byte that is no UTF-8: the name was cut in the middle of a letter, after 127 bytes, or is no text at all. */
const unreadable = /\ufffd/g;

/**
 * The first `fixed` columns never hold anything but ASCII without a bar. What follows them may be as a subscriber likes it, bars and
 * line ends included: so a line is cut by the widths in the header, and must have exactly as many bytes as that.
 */
export function createTableReader<Column extends string>(
  columns: readonly Column[],
  fixed: number,
): TableReader<Column> {
  let place: 'header' | 'rule' | 'rows' | 'after' = 'header';
  let widths: number[] = [];

  function readLine(line: string): Row<Column>[] {
    switch (place) {
      case 'header':
        if (line.replaceAll(' ', '') !== columns.join('|')) throw complaint(line);
        place = 'rule';
        return [];
      case 'rule':
        if (!/^-+(\+-+)*$/.test(line)) throw notATable(line);
        widths = line.split('+').map(({ length }) => length);
        if (widths.length !== columns.length) throw notATable(line);
        place = 'rows';
        return [];
      case 'rows':
        if (!lastLine.test(line)) return [rowOf(line)];
        place = 'after';
        return [];
      case 'after':
        return [];
    }
  }

  function rowOf(line: string): Row<Column> {
    const bytes = bytesOf(line);
    const wanted = widths.reduce((sum, width) => sum + width + 1, -1);
    const doubtful = line.match(unreadable)?.length ?? 0;
    // Each stands for one to three bytes, and is three itself.
    if (bytes.length < wanted || bytes.length - 2 * doubtful > wanted) throw notATable(line);
    const cells: string[] = [];
    let at = 0;
    for (const [index, width] of widths.entries()) {
      const isCertain = doubtful === 0 || index < fixed;
      if (isCertain && index > 0 && bytes[at - 1] !== '|') throw notATable(line);
      cells.push(isCertain ? cellOf(textOf(bytes.slice(at, at + width))) : '');
      at += width + 1;
    }
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ''])) as Row<Column>;
  }

  return {
    read: (lines) => lines.flatMap(readLine),
    end() {
      if (place === 'header') throw complaint('');
      if (place !== 'after') throw retry("accel-ppp's list broke off: not all sessions were printed.");
    },
  };
}

/** Nearly all lines: these are bytes already, and a box may have tens of thousands. */
const ascii = /^[ -~]*$/;

/** A character for each byte. */
function bytesOf(text: string): string {
  if (ascii.test(text)) return text;
  return encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function textOf(bytes: string): string {
  if (ascii.test(bytes)) return bytes;
  return decodeURIComponent(
    bytes.replace(/[^!-$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`),
  );
}

/** Without the blanks of the table, and no others. */
function cellOf(text: string): string {
  return text.slice(1).replace(/ +$/, '');
}

function notATable(line: string): Error {
  return new Error(`accel-ppp printed what is no line of its table of sessions: ${JSON.stringify(line.slice(0, 200))}`);
}
