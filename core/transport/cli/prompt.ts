// Recognizes a prompt: by the platform's pattern until the box's own name is learned, exactly from then on.
import type { Mode, Platform } from './platform.ts';

export interface Prompts {
  /** The modes whose prompt is this whole line; platforms may show one prompt in two. */
  modesOf(line: string): readonly Mode[];
  /** The prompt behind a line that did not end, and where it begins; null when there is none. */
  endOf(line: string): { readonly modes: readonly Mode[]; readonly at: number } | null;
}

const modes = ['exec', 'privileged', 'config'] as const;
const anyName = '(?<name>[^\\s](?:.{0,100}?[^\\s])?)';
const cutName = 16;
const longestPrompt = 400;

/** The name that a line would have as a prompt after a login; null when it is none. */
export function nameIn(line: string, { prompts, privilege }: Platform): string | null {
  for (const mode of privilege === null ? (['exec'] as const) : (['privileged', 'exec'] as const)) {
    const name = patternOf(prompts[mode], anyName).exec(line)?.groups?.['name'];
    if (name !== undefined) return name;
  }
  return null;
}

export function createPrompts(name: string, { prompts, privilege }: Platform): Prompts {
  const there = modes.filter((mode) => mode !== 'privileged' || privilege !== null);
  const patterns = there.map((mode) => ({ mode, ...patternsOf(prompts[mode], name) }));
  const modesOf = (line: string) => patterns.filter(({ whole }) => whole.test(line)).map(({ mode }) => mode);
  return {
    modesOf: (line) => (line.length > longestPrompt ? [] : modesOf(line)),
    endOf(line) {
      const begin = Math.max(0, line.length - longestPrompt);
      const found = patterns.map(({ end }) => end.exec(line.slice(begin))?.index).filter((at) => at !== undefined);
      const at = begin + Math.min(...found);
      return found.length === 0 ? null : { modes: modesOf(line.slice(at)), at };
    },
  };
}

function patternsOf(pattern: string, name: string): { readonly whole: RegExp; readonly end: RegExp } {
  const exact = escaped(name);
  const begin = name.length > cutName ? `${escaped(name.slice(0, cutName))}.{0,100}?` : exact;
  const text = pattern.replaceAll('{name}', () => exact).replaceAll('{begin}', () => begin);
  return { whole: new RegExp(`^(?:${text})$`), end: new RegExp(`(?:${text})$`) };
}

function patternOf(pattern: string, name: string): RegExp {
  return new RegExp(`^(?:${pattern.replace(/\{(?:name|begin)\}/, () => name)})$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
