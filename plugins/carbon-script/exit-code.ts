// What the script's exit code says: the billing's own contract, and what the profile makes of the rest.
import { gone, refuse, retry } from '#plugin-sdk';
import type { CarbonScriptOptions, Meaning } from './options.ts';

/** 143 is what a shell makes of SIGTERM: the billing's daemon ended the script, and called it again later. */
const contract: Readonly<Record<string, Meaning>> = { 0: 'done', 143: 'retry', 254: 'retry' };

export function meaningOf(exitCode: number, { exit_codes = {}, other_exit_codes }: CarbonScriptOptions): Meaning {
  return exit_codes[exitCode] ?? contract[exitCode] ?? other_exit_codes;
}

/** Throws the verdict that is meant, with the script's own last words. */
export function judge(end: { readonly exitCode: number; readonly words: string }, options: CarbonScriptOptions): void {
  const reason = `The script ended with ${end.exitCode}${end.words === '' ? '.' : `: ${end.words}`}`;
  switch (meaningOf(end.exitCode, options)) {
    case 'retry':
      throw retry(reason);
    case 'refuse':
      throw refuse(reason);
    case 'gone':
      throw gone(reason);
    case 'done':
  }
}
