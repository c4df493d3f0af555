// What a box answered to one line: the text between echo and prompt, and whether it is a no.
import { OssiaError } from '../../errors.ts';
import type { Platform } from './platform.ts';

/** Lines beside a prompt, e.g. `[edit]`, are two at most. */
const mostNoise = 2;

export function answerText(shown: string, { noise }: Platform): string {
  const lines = shown.split('\n');
  const isNoise = (line: string | undefined) => line !== undefined && noise.some((one) => one.test(line));
  const trim = (at: 0 | -1) => {
    let taken = 0;
    for (;;) {
      const line = lines.at(at);
      if (line === undefined || (line !== '' && (taken === mostNoise || !isNoise(line)))) return;
      if (line !== '') taken += 1;
      if (at === 0) lines.shift();
      else lines.pop();
    }
  };
  trim(0);
  trim(-1);
  return lines.join('\n');
}

/** The box's no, as an error; null when it did what it was told. */
export function refusalIn(text: string, line: string, { failures, busy }: Platform): OssiaError | null {
  for (const said of text.split('\n')) {
    // A pattern is held against no more than a screen's line.
    const begin = said.slice(0, 500);
    if (busy.some((one) => one.test(begin)))
      return new OssiaError('nas_busy', `The box said not now to "${line}": ${begin.trim()}`, { said: begin.trim() });
    if (failures.some((one) => one.test(begin)))
      return new OssiaError('nas_refused', `The box refused "${line}": ${begin.trim()}`, {
        said: wordsOf(text),
        details: { line },
      });
  }
  return null;
}

function wordsOf(text: string): string {
  return text.trim().slice(0, 500);
}
