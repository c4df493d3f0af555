// The sentence codec against hand-made vectors, against itself on random sentences, and against broken streams.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSentenceParser, encodeLength, encodeSentence } from '#core/transport/routeros/sentence.ts';

const lengths: readonly (readonly [number, string])[] = [
  [0, '00'],
  [1, '01'],
  [0x7f, '7f'],
  [0x80, '8080'],
  [0x3fff, 'bfff'],
  [0x4000, 'c04000'],
  [0x1f_ffff, 'dfffff'],
  [0x20_0000, 'e0200000'],
  [0xfff_ffff, 'efffffff'],
  [0x1000_0000, 'f010000000'],
];

test.each(lengths)('a length of %i is written as %s', (length, hex) => {
  expect(encodeLength(length).toString('hex')).toBe(hex);
});

function parse(chunks: Iterable<Buffer>): string[][] {
  const parser = createSentenceParser();
  const sentences: string[][] = [];
  for (const chunk of chunks) {
    for (const words of parser.push(chunk)) sentences.push(words.map((word) => word.toString('utf8')));
  }
  return sentences;
}

const byteByByte = (bytes: Buffer) => Array.from(bytes, (byte) => Buffer.from([byte]));
const sentenceOf = (words: readonly string[]) => encodeSentence(words.map((word) => Buffer.from(word)));

test.each([1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1f_ffff, 0x20_0000])('a word of %i bytes comes back whole', (length) => {
  const word = 'x'.repeat(length);
  expect(parse([sentenceOf(['!re', word])])).toEqual([['!re', word]]);
});

test('a length of five bytes is read although nothing that long may be sent', () => {
  const bytes = Buffer.concat([Buffer.from('f000000003', 'hex'), Buffer.from('!re'), Buffer.from([0])]);
  expect(parse([bytes])).toEqual([['!re']]);
  expect(parse(byteByByte(bytes))).toEqual([['!re']]);
});

test('sentences come back the same, however the stream is cut', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.constantFrom('=comment=Иванов Иван', '=a==b', `=long=${'ы'.repeat(9_000)}`, '.tag=7', '?#|'),
  );
  const sentences = fc.array(fc.array(word, { minLength: 1, maxLength: 6 }), { maxLength: 5 });
  fc.assert(
    fc.property(sentences, fc.array(fc.nat(200), { maxLength: 30 }), (wanted, cuts) => {
      const bytes = Buffer.concat(wanted.map(sentenceOf));
      const chunks: Buffer[] = [];
      let at = 0;
      for (const cut of cuts) {
        chunks.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      chunks.push(bytes.subarray(at));
      expect(parse(chunks)).toEqual(wanted);
      if (bytes.length < 2_000) expect(parse(byteByByte(bytes))).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});

test('an empty sentence is no sentence', () => {
  expect(parse([Buffer.from([0, 0]), sentenceOf(['!done'])])).toEqual([['!done']]);
});

test.each(['f8', 'ff'])('the control byte %s is refused after the sentences in front of it', (hex) => {
  const parser = createSentenceParser();
  const stream = parser.push(Buffer.concat([sentenceOf(['!done']), Buffer.from(hex, 'hex')]));
  expect(stream.next().value?.map(String)).toEqual(['!done']);
  expect(() => stream.next()).toThrow(expect.objectContaining({ code: 'nas_protocol' }));
});

test('a word of more than 16 MiB is refused by its length alone', () => {
  expect(() => parse([encodeLength(16 * 1024 * 1024 + 1)])).toThrow(expect.objectContaining({ code: 'nas_protocol' }));
  expect(() => parse([Buffer.from('f4ffffffff', 'hex')])).toThrow(expect.objectContaining({ code: 'nas_protocol' }));
});

test('a sentence of words that each are short enough is refused when it has no end', () => {
  const word = Buffer.concat([encodeLength(0xffff), Buffer.alloc(0xffff, 120)]);
  expect(() => parse(Array.from({ length: 300 }, () => word))).toThrow(
    expect.objectContaining({ code: 'nas_protocol' }),
  );
});

test('an empty word is not sent, since it would end the sentence', () => {
  expect(() => sentenceOf(['/login', ''])).toThrow(expect.objectContaining({ code: 'arguments_invalid' }));
});

test('bytes without any order never make the parser throw anything but nas_protocol', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        parse([Buffer.from(bytes)]);
      } catch (error) {
        expect(error).toMatchObject({ code: 'nas_protocol' });
      }
    }),
    { numRuns: 500 },
  );
});
