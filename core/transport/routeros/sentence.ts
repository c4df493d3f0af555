// RouterOS API sentences as bytes: words with their length in front, ended by an empty word.
import { OssiaError } from '../../errors.ts';

/** No word or sentence of a router comes near this; a longer one means that the stream is not what we take it for. */
export const maxSentenceBytes = 16 * 1024 * 1024;

export function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  if (length < 0x4000) return Buffer.from([0x80 | (length >> 8), length & 0xff]);
  if (length < 0x20_0000) return Buffer.from([0xc0 | (length >> 16), (length >> 8) & 0xff, length & 0xff]);
  const bytes = Buffer.alloc(length < 0x1000_0000 ? 4 : 5, 0xf0);
  bytes.writeUInt32BE(length < 0x1000_0000 ? (length | 0xe000_0000) >>> 0 : length, bytes.length - 4);
  return bytes;
}

export function encodeSentence(words: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const word of words) {
    if (word.length === 0) throw new OssiaError('arguments_invalid', 'An empty word would end the sentence early.');
    parts.push(encodeLength(word.length), word);
  }
  parts.push(Buffer.from([0]));
  const bytes = Buffer.concat(parts);
  if (bytes.length > maxSentenceBytes) {
    throw new OssiaError('arguments_invalid', `A sentence of ${bytes.length} bytes is more than a router takes.`);
  }
  return bytes;
}

/** How many bytes the length that begins with this byte has; 0 for the control bytes, which nothing defines. */
export function lengthOfLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc0) return 2;
  if (first < 0xe0) return 3;
  if (first < 0xf0) return 4;
  return first < 0xf8 ? 5 : 0;
}

export function decodeLength(bytes: readonly number[]): number {
  const [first = 0, ...rest] = bytes;
  const high = bytes.length === 5 ? 0 : first & (0xff >> bytes.length);
  return rest.reduce((length, byte) => length * 256 + byte, bytes.length === 1 ? first : high);
}

export interface SentenceParser {
  /** The sentences that are complete with this chunk. Throws `nas_protocol` after those in front of the fault. */
  push(chunk: Buffer): Generator<Buffer[], void>;
}

export function createSentenceParser(): SentenceParser {
  const prefix: number[] = [];
  let words: Buffer[] = [];
  let sentenceBytes = 0;
  let body: Buffer[] = [];
  let missing = 0;

  function startWord(): 'end' | 'word' | 'more' {
    const size = lengthOfLength(prefix[0] ?? 0);
    if (size === 0) throw new OssiaError('nas_protocol', `The router sent the unknown control byte ${prefix[0]}.`);
    if (prefix.length < size) return 'more';
    missing = decodeLength(prefix);
    prefix.length = 0;
    sentenceBytes += missing;
    if (sentenceBytes > maxSentenceBytes) {
      throw new OssiaError('nas_protocol', `The router announced a sentence of ${sentenceBytes} bytes or more.`);
    }
    return missing === 0 ? 'end' : 'word';
  }

  return {
    *push(chunk) {
      let at = 0;
      while (at < chunk.length) {
        if (missing > 0) {
          const part = chunk.subarray(at, at + missing);
          body.push(part);
          at += part.length;
          missing -= part.length;
          if (missing > 0) return;
          words.push(Buffer.concat(body));
          body = [];
          continue;
        }
        prefix.push(chunk[at++] ?? 0);
        if (startWord() !== 'end') continue;
        const sentence = words;
        words = [];
        sentenceBytes = 0;
        if (sentence.length > 0) yield sentence;
      }
    },
  };
}
