// Quoting for a POSIX shell: a template whose values each stay one word, whatever they hold.
import { refuse } from './verdict.ts';

/** `` sh`nft add element ${set} { ${ip} }` ``: every value becomes one quoted word. Refuses NUL, which no argument can hold. */
export function sh(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce((text, part, index) => text + quote(values[index - 1] ?? '') + part);
}

function quote(value: string | number): string {
  const text = String(value);
  if (text.includes('\0')) throw refuse('A value holds a NUL character, which no argument of a command can.');
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
