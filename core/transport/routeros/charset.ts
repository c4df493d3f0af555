// Texts as the bytes that a router keeps: it stores what it is given, so old installations hold one-byte Cyrillic.
import { OssiaError } from '../../errors.ts';

export const encodings = ['utf8', 'win1251', 'latin1'] as const;
export type Encoding = (typeof encodings)[number];

export interface Charset {
  /** Throws `value_unsafe` for what the charset cannot hold, rather than sending question marks. */
  encode(text: string): Buffer;
  decode(bytes: Buffer): string;
}

export function charsetOf(encoding: Encoding): Charset {
  if (encoding === 'utf8') return utf8;
  return oneByte(encoding, encoding === 'win1251' ? (bytes) => windows1251.decode(bytes) : (b) => b.toString('latin1'));
}

const windows1251 = new TextDecoder('windows-1251');

const utf8: Charset = {
  encode(text) {
    if (!text.isWellFormed())
      throw new OssiaError('value_unsafe', 'A value holds half a character (a lone surrogate).');
    return Buffer.from(text, 'utf8');
  },
  decode: (bytes) => bytes.toString('utf8'),
};

function oneByte(name: string, decode: (bytes: Buffer) => string): Charset {
  const byteOf = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) byteOf.set(decode(Buffer.from([byte])), byte);
  return {
    encode(text) {
      const bytes = Array.from(text, (character) => {
        const byte = byteOf.get(character);
        if (byte !== undefined) return byte;
        const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
        throw new OssiaError('value_unsafe', `The router's encoding ${name} has no character U+${code}.`);
      });
      return Buffer.from(bytes);
    },
    decode,
  };
}
