// Texts to bytes and back in the encodings that routers' stored comments really have.
import { expect, test } from 'vitest';
import { charsetOf } from '#core/transport/routeros/charset.ts';

test.each([
  ['utf8', 'Иванов «Ё» €', 'd098d0b2d0b0d0bdd0bed0b220c2abd081c2bb20e282ac'],
  ['win1251', 'Иванов «Ё» €', 'c8e2e0edeee220aba8bb2088'],
  ['latin1', 'Müller ÿ', '4dfc6c6c657220ff'],
] as const)('%s writes the bytes that it should and reads them back', (encoding, text, hex) => {
  const charset = charsetOf(encoding);
  expect(charset.encode(text).toString('hex')).toBe(hex);
  expect(charset.decode(Buffer.from(hex, 'hex'))).toBe(text);
});

test.each(['win1251', 'latin1'] as const)('%s gives every byte back as it came', (encoding) => {
  const charset = charsetOf(encoding);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(charset.encode(charset.decode(bytes))).toEqual(bytes);
});

test.each([
  ['win1251', 'é'],
  ['win1251', '😀'],
  ['latin1', 'Иванов'],
  ['utf8', '\ud800'],
] as const)('%s refuses a character that it cannot hold instead of sending another', (encoding, text) => {
  expect(() => charsetOf(encoding).encode(text)).toThrow(expect.objectContaining({ code: 'value_unsafe' }));
});
