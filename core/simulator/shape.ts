// The shape of what a box is told: its words without the values in them. A value that is more than one changes it.
import type { RadiusPacket } from '../transport/radius/packet.ts';

/** Code and attribute types in their order. */
export function packetShape({ code, attributes }: Pick<RadiusPacket, 'code' | 'attributes'>): string[] {
  return [`code ${code}`, ...attributes.map(({ vendor, type }) => `${vendor}.${type}`)];
}

/** What outside of quotes is more than a word to a POSIX shell. */
const shellMarks = /^(?:&&|\|\||>>|<<|[;&|<>(){}$`!#*?[\]~\n])/;

/**
 * A command as a POSIX shell takes it apart: the programs, the flags and all marks as they are, every other word as `w`. What is
 * written to its standard input stands behind it, see `textShape`.
 */
export function shellShape(command: string, stdin = ''): string[] {
  const shape: string[] = [];
  let rest = command;
  let isFirst = true;
  let takesFlags = true;
  while (rest !== '') {
    const mark = shellMarks.exec(rest)?.[0];
    if (mark !== undefined) {
      shape.push(mark);
      rest = rest.slice(mark.length);
      isFirst = true;
      takesFlags = true;
      continue;
    }
    const [space = ''] = /^[ \t]+/.exec(rest) ?? [];
    rest = rest.slice(space.length);
    // Quoted and bare pieces that touch are one word; double quotes still let `$` and backticks through.
    const [word = ''] = /^(?:'[^']*'|"(?:[^"\\$`]|\\.)*"|\\.|[^\s'"\\;&|<>(){}$`!#*?[\]~])+/s.exec(rest) ?? [];
    const isFlag = takesFlags && word.replace(/^['"\\]+/, '').startsWith('-');
    if (word !== '') shape.push(isFirst || isFlag ? word : 'w');
    else if (rest !== '' && shellMarks.exec(rest) === null) {
      // A quote that nobody closes.
      shape.push(rest[0] ?? '');
      rest = rest.slice(1);
    }
    if (word !== '') isFirst = false;
    // After it nothing is a flag any more.
    if (word === '--') takesFlags = false;
    rest = rest.slice(word.length);
  }
  return stdin === '' ? shape : [...shape, '<<', ...textShape(stdin)];
}

/** Lines of words, texts in double quotes, and marks between them, as nft and most command lines read them. */
export function textShape(text: string): string[] {
  const pieces = text.matchAll(/\n|"[^"\n]*"|[{}();,#$@!=:*]|[^\s"{}();,#$@!=:*]+|"/g);
  return [...pieces].map(([piece]) => {
    if (/^"[^"]*"$/s.test(piece)) return 'text';
    return /^[^\w.\-/\u0080-\uffff]/.test(piece) ? piece : 'w';
  });
}

/** A line as a router's command line takes it apart: its first word and its pipes as they are, every other word as `w`. */
export function cliShape(line: string): string[] {
  let isFirst = true;
  return [...line.matchAll(/[|;]|"[^"]*"|[^\s|;"]+|"/g)].map(([piece]) => {
    const shown = isFirst || /^(?:[|;]|")$/.test(piece) ? piece : 'w';
    isFirst = /^[|;]$/.test(piece);
    return shown;
  });
}
