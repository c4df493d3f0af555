// What a terminal would show of what a box prints: returns, backspaces and escape sequences done within each line.

/** A cursor is not led further to the right than that. */
const farthest = 4_096;

/** Lines apart by `\n`, blanks at their ends gone. */
export function clean(raw: string): string {
  return raw
    .split('\n')
    .map((line) => cleanLine(line))
    .join('\n');
}

export function cleanLine(line: string): string {
  const text = line.replace(/\r+$/, '');
  return (/[^\P{Cc}\t]/u.test(text) ? shown(text) : text).replace(/[ \t]+$/, '');
}

const esc = '\u001b';
/** ECMA-48: CSI with its numbers, OSC up to its end, other escapes; then single characters. */
const csi = `${esc}\\[([0-9;?]{0,32})[ -/]?([@-~])`;
const osc = `${esc}\\][^\\u0007${esc}]{0,500}(?:\\u0007|${esc}\\\\)`;
const pieces = new RegExp(`${csi}|${osc}|${esc}[ -/]?[0-~]?|[^]`, 'gu');
const invisible = new RegExp(`${csi}|[\\s\\p{Cc}]`, 'gu');

function shown(line: string): string {
  const cells: string[] = [];
  let at = 0;
  for (const [piece, numbers = '', final] of line.matchAll(pieces)) {
    const count = Math.min(Math.max(Number.parseInt(numbers, 10) || 1, 1), farthest);
    if (piece === '\r') at = 0;
    else if (piece === '\b') at = Math.max(0, at - 1);
    else if (final === 'D') at = Math.max(0, at - count);
    else if (final === 'C') at = Math.min(farthest, at + count);
    else if (final === 'G') at = count - 1;
    else if (final === 'K') erase(cells, at, Number.parseInt(numbers, 10) || 0);
    else if (piece === '\t' || /^\P{Cc}/u.test(piece)) {
      while (cells.length < at) cells.push(' ');
      cells[at] = piece;
      at += 1;
    }
  }
  return cells.join('');
}

function erase(cells: string[], at: number, what: number): void {
  if (what === 0) cells.length = Math.min(cells.length, at);
  else cells.fill(' ', 0, what === 1 ? at + 1 : cells.length);
}

/** How much of what comes back is looked at: a line may come redrawn several times. */
export function echoLength(line: string): number {
  return line.length * 4 + 2_000;
}

/** Whether what came back is the line that was typed, wrapped or redrawn as the box likes. */
export function isEcho(raw: string, line: string): boolean {
  const wanted = squeezed(line);
  const tail = raw.slice(-echoLength(line));
  const plain = squeezed(clean(tail));
  if (plain.endsWith(wanted) || squeezed(tail.replaceAll('\b', '')).endsWith(wanted)) return true;
  // IOS scrolls what is too long for the screen, behind a `$`.
  const scrolled = /\$([^$]{8,})$/.exec(plain)?.[1];
  return scrolled !== undefined && wanted.endsWith(scrolled);
}

function squeezed(text: string): string {
  return text.replace(invisible, '');
}
