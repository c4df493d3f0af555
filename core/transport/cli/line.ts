// A plugin's line: its words for the grants, and its text with every value quoted as the platform does it, or refused.
import { z } from 'zod';
import { OssiaError } from '../../errors.ts';
import type { CliLine } from '../../plugin-sdk/cli.ts';
import type { Platform } from './platform.ts';

const longestPiece = 4_096;

// Control characters would be keys to any box. What else is none of a platform's, only the platform knows.
const authored = z
  .string()
  .max(longestPiece)
  .regex(/^\P{Cc}*$/u, 'holds a control character');

export const cliLine = z
  .strictObject({
    parts: z.array(authored).min(1).max(65),
    values: z.array(z.string().max(longestPiece)).max(64),
  })
  .refine(({ parts, values }) => parts.length === values.length + 1, 'is not made by cli`...`')
  .refine(({ parts }) => parts.join('').trim() !== '', 'is empty');

/** One word or mark of a line; a word is made of what touches: the author's text, bare or in quotes, and values. */
type Token = { readonly mark: string } | { readonly pieces: readonly Piece[] };

interface Piece {
  readonly text: string;
  readonly from: 'text' | 'quotes' | 'value';
}

/**
 * The commands of a line as words. What stands behind a `|` is a command of its own, since a pipe can write files. Null when the
 * author's quotes do not close or hold a backslash: only the box knows what it makes of them.
 */
export function wordsOf(line: CliLine): readonly (readonly string[])[] | null {
  const tokens = tokensOf(line);
  if (tokens === null) return null;
  const commands: string[][] = [[]];
  for (const token of tokens) {
    if ('mark' in token) commands.push([token.mark]);
    else commands.at(-1)?.push(token.pieces.map(({ text }) => text).join(''));
  }
  return commands.filter((words) => words.length > 0);
}

/** As it is typed, without the return. @throws `value_unsafe` naming the value, `arguments_invalid` for what the author wrote. */
export function textOf(line: CliLine, { name, values: rules }: Platform): string {
  const fixed = line.parts.join('');
  const forbidden = rules.never.exec(fixed)?.[0];
  if (forbidden !== undefined) throw wrong(`${name} cannot be told ${JSON.stringify(forbidden)}, here in: ${fixed}`);
  const tokens = tokensOf(line);
  if (tokens === null && line.values.length > 0)
    throw wrong(`Write no quotes around or beside values, they get their own: ${line.parts.join('...')}`);
  const text =
    tokens === null
      ? fixed.trim()
      : tokens
          .map((token) => ('mark' in token ? token.mark : wordText(token.pieces, { name, values: rules })))
          .join(' ');
  if (text.length > rules.longest)
    throw wrong(`The line is longer than the ${rules.longest} characters that ${name} takes: ${text.slice(0, 100)}...`);
  return text;
}

function wordText(pieces: readonly Piece[], { name, values: rules }: Pick<Platform, 'name' | 'values'>): string {
  const isAlone = pieces.length === 1;
  return pieces
    .map(({ text, from }) => {
      if (from === 'text') return text;
      if (from === 'quotes') return quotedByAuthor(text, { name, values: rules });
      if (rules.bare.test(text)) return text;
      if (isAlone && rules.quoted?.test(text) && !rules.never.test(text)) return `"${text}"`;
      throw unsafe(text, name, !isAlone && rules.quoted?.test(text) === true);
    })
    .join('');
}

/** Where quotes are nothing to the box, a pipe within them is one, and no grant has seen it. */
function quotedByAuthor(text: string, { name, values }: Pick<Platform, 'name' | 'values'>): string {
  if (values.quoted === null && /[|;]/.test(text)) throw wrong(`${name} knows no quotes around ${text}`);
  return `"${text}"`;
}

function tokensOf({ parts, values }: CliLine): readonly Token[] | null {
  const tokens: Token[] = [];
  let word: Piece[] = [];
  const end = () => {
    if (word.length > 0) tokens.push({ pieces: word });
    word = [];
  };
  for (const [at, part] of parts.entries()) {
    for (const [found] of part.matchAll(/ +|[|;]|"[^"\\]*"|[^ |;"]+|"/g)) {
      if (found === '"') return null;
      if (/^ /.test(found)) end();
      else if (/^[|;]/.test(found)) {
        end();
        tokens.push({ mark: found });
      } else if (found.startsWith('"')) word.push({ text: found.slice(1, -1), from: 'quotes' });
      else word.push({ text: found, from: 'text' });
    }
    const value = values[at];
    if (value !== undefined) word.push({ text: value, from: 'value' });
  }
  end();
  return tokens;
}

function unsafe(value: string, platform: string, isGlued: boolean): OssiaError {
  const shown = value.length > 100 ? `${value.slice(0, 100)}...` : value;
  const why = isGlued ? 'touches other text there, where it cannot be quoted' : 'would change the shape of the command';
  return new OssiaError(
    'value_unsafe',
    `The value ${JSON.stringify(shown)} cannot be told to ${platform}: it ${why}.`,
    {
      details: { value: shown },
    },
  );
}

function wrong(message: string): OssiaError {
  return new OssiaError('arguments_invalid', message);
}
