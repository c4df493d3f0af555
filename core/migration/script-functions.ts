// Takes an old `session` script apart: its functions, and their lines with the place of each. It is read, never run.

export interface ScriptLine {
  /** As in the file, from 1. */
  readonly number: number;
  /** Lines joined where a backslash joins them; without comments and surrounding blanks. */
  readonly text: string;
}

export interface ScriptFunction {
  readonly name: string;
  readonly lines: readonly ScriptLine[];
}

export interface Script {
  readonly functions: readonly ScriptFunction[];
  /** What stands in no function. */
  readonly rest: readonly ScriptLine[];
}

const opening = /^(?:function\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*(?:\(\s*\))?\s*\{?\s*(.*)$/;
const isOpening = /^(?:function\s+[A-Za-z_][A-Za-z0-9_]*\s*(?:\(\s*\))?|[A-Za-z_][A-Za-z0-9_]*\s*\(\s*\))\s*(?:\{.*)?$/;

export function readScript(text: string): Script {
  const functions: ScriptFunction[] = [];
  const rest: ScriptLine[] = [];
  let current: { name: string; lines: ScriptLine[]; depth: number } | null = null;
  const all = logicalLines(text);
  const lastOf = new Map(all.map((line, index) => [line.text, index]));
  let hereUntil = '';
  for (const [index, line] of all.entries()) {
    if (hereUntil !== '') {
      // What a program is given to read has braces of its own.
      if (line.text === hereUntil) hereUntil = '';
      else (current?.lines ?? rest).push(line);
      continue;
    }
    const word = hereWordOf(line.text);
    if ((lastOf.get(word) ?? 0) > index) hereUntil = word;
    if (current === null && isOpening.test(line.text)) {
      const [, name = '', tail = ''] = opening.exec(line.text) ?? [];
      const depth = bracesOf(line.text);
      const body = tail.replace(/\}\s*$/, '').trim();
      current = { name, lines: body === '' ? [] : [{ ...line, text: body }], depth };
      // All in one line: `user_edit() { :; }`.
      if (depth === 0 && line.text.includes('{')) current = closed(current);
    } else if (current === null) {
      rest.push(line);
    } else {
      current.depth += bracesOf(line.text);
      if (current.depth <= 0 && line.text.includes('}')) current = closed(current);
      else if (line.text !== '{') current.lines.push(line);
    }
  }
  // A function that does not end is shown as far as it goes.
  if (current !== null) closed(current);
  return { functions, rest };

  function closed({ name, lines }: { name: string; lines: ScriptLine[] }): null {
    functions.push({ name, lines });
    return null;
  }
}

/** The word that ends what begins with `<<`; empty when nothing does. */
function hereWordOf(line: string): string {
  return /(?<!<)<<-?\s*(["']?)([A-Za-z_]\w*)\1/.exec(line)?.[2] ?? '';
}

function logicalLines(text: string): ScriptLine[] {
  const lines: ScriptLine[] = [];
  let joined = '';
  let from = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (joined === '') from = index + 1;
    joined += joined === '' ? raw : ` ${raw.trimStart()}`;
    // A backslash joins nothing when a comment ends with it.
    if (raw.endsWith('\\') && withoutComment(raw) === raw) {
      joined = joined.slice(0, -1);
      continue;
    }
    const line = withoutComment(joined).trim();
    if (line !== '') lines.push({ number: from, text: line });
    joined = '';
  }
  return lines;
}

/** A `#` begins a comment only where a word could begin, outside of quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (const [index, char] of line.split('').entries()) {
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (quote === '' && char === '#' && (index === 0 || /[\s;]/.test(line[index - 1] ?? '')))
      return line.slice(0, index);
  }
  return line;
}

/** Opening less closing braces that are words of their own: those of `${ip}` are not. */
function bracesOf(line: string): number {
  const bare = line.replace(/\$\{[^}]*\}/g, '').replace(/"[^"]*"|'[^']*'/g, '');
  const opened = bare.match(/(?<=^|[\s;()])\{(?=\s|$)/g)?.length ?? 0;
  // A word among others it is not: only a command's end can come before it.
  const closedOnes = bare.match(/(?:^|;)\s*\}(?=[\s;)]|$)/g)?.length ?? 0;
  return opened - closedOnes;
}
