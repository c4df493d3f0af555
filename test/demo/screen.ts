// What the demo prints: aligned and coloured in a terminal, plain when piped.
import { stripVTControlCharacters, styleText } from 'node:util';

export interface Screen {
  title(text: string): void;
  line(text?: string): void;
  event(source: string, text: string): void;
  told(box: string, received: string, answered: string): void;
  outcome(isGood: boolean, text: string): void;
}

type Style = Parameters<typeof styleText>[0];

const most = 9;
const margin = ' '.repeat(10);

/** `columns` is there when it is a terminal. */
export function createScreen(out: NodeJS.WritableStream & { readonly columns?: number }): Screen {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: out, validateStream: true });
  const wide = out.columns ?? 160;
  const print = (text: string): void => void out.write(`${text}\n`);
  const cut = (text: string, room: number): string =>
    text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text;
  /** A script's lines under one another; of a long one the beginning and the end. */
  const block = (mark: string, text: string, style: Style): void => {
    const lines = stripVTControlCharacters(text).replaceAll('\t', '    ').split('\n');
    const left = lines.length - most;
    const some = left > 1 ? [...lines.slice(0, most - 3), `… ${left} more lines …`, ...lines.slice(-3)] : lines;
    for (const [index, line] of some.entries())
      print(paint(style, cut(`${margin}${index === 0 ? `${mark} ` : '  '}${line.trimEnd()}`, wide)));
  };
  return {
    title: (text) => print(`\n${paint('bold', text)}`),
    line: (text = '') => print(text),
    event: (source, text) => print(`  ${paint('cyan', source.padEnd(8))} ${text}`),
    told(box, received, answered) {
      block(`→ ${box.padEnd(8)}`, received, 'yellow');
      block(`← ${box.padEnd(8)}`, answered, 'dim');
    },
    outcome: (isGood, text) => print(`  ${isGood ? paint('green', 'done') : paint('red', 'FAIL')}     ${text}`),
  };
}
