// Reads the vector files beside it: blocks of lines, each a keyword and the rest.
import { readFileSync } from 'node:fs';

export interface Vector {
  readonly name: string;
  readonly bytes: Buffer;
  /** All values of a keyword, in order. */
  lines(keyword: string): readonly string[];
}

export function readVectors(file: string): Vector[] {
  const text = readFileSync(new URL(`vectors/${file}`, import.meta.url), 'utf8').replaceAll(/^#.*\n/gm, '');
  return text
    .split(/\n{2,}/)
    .map((block) => block.split('\n').filter((line) => line !== ''))
    .filter((block) => block.length > 0)
    .map((block) => {
      const lines = (keyword: string) =>
        block.filter((line) => line.split(' ')[0] === keyword).map((line) => line.slice(keyword.length + 1));
      const bytes = Buffer.from(lines('hex').join('').replaceAll(' ', ''), 'hex');
      return { name: lines('packet')[0] as string, bytes, lines };
    });
}
