// Attributes of each RFC by hand-made bytes: read as the values that stand beside them, and written to the same bytes.
import { describe, expect, test } from 'vitest';
import type { RadiusAttributes } from '#core/plugin-sdk/device.ts';
import { decode, encodeAttributes } from '#core/transport/radius/codec.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import type { RadiusAttribute } from '#core/transport/radius/packet.ts';
import { encodeAll, readAll } from '#core/transport/radius/values.ts';
import { readVectors } from './read-vectors.ts';

const dictionary = await loadDictionary('nas-profiles/dictionaries');

function attributesIn(bytes: Buffer): readonly RadiusAttribute[] {
  const header = Buffer.alloc(20);
  header.writeUInt16BE(20 + bytes.length, 2);
  const decoded = decode(Buffer.concat([header, bytes]));
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.packet.attributes;
}

for (const vector of readVectors('attributes.txt')) {
  const values: RadiusAttributes = Object.fromEntries(
    vector.lines('value').map((line) => {
      const [, name = '', json = ''] = /^(\S+) (.+)$/.exec(line) ?? [];
      return [name, JSON.parse(json)];
    }),
  );
  test(`${vector.name}: is read`, () => {
    expect(readAll(dictionary, attributesIn(vector.bytes))).toEqual(values);
  });
  test(`${vector.name}: is written`, () => {
    expect(encodeAttributes(encodeAll(dictionary, values)).toString('hex')).toBe(vector.bytes.toString('hex'));
  });
}

describe('what is not well-formed stays as it came', () => {
  const cases: readonly [string, string, RadiusAttributes][] = [
    ['an extended type without one', 'f102', { 'Attr-241': '0x' }],
    ['a long extended type without its flags', 'f5034d', { 'Attr-245': '0x4d' }],
    ['a long value whose rest is missing', 'f5064d80abcd', { 'Attr-245': '0x4d80abcd' }],
    [
      'a long value whose rest has another type',
      'f5064d80abcd f5064e00abcd',
      { 'Attr-245': '0x4d80abcd', 'Attr-245.78': '0xabcd' },
    ],
    ['a vendor in an extended type that is cut off', 'f1061a000009', { 'Attr-241': '0x1a000009' }],
    ['a TLV with a part that is too long', 'ad06010a0000', { 'Attr-173': '0x010a0000' }],
    ['a TLV with a part of length one', 'ad060101 0000', { 'Attr-173': '0x01010000' }],
    ['a TLV with nothing in it', 'ad02', { 'Attr-173': '0x' }],
    ['a part of a TLV that is unknown', 'ad06 09040301', { 'Attr-173.9': '0x0301' }],
    ['WiMAX whose rest is missing', '1a0c000060b5 0406 80abcdef', { 'Attr-26.24757.4': '0x80abcdef' }],
    ['WiMAX without its flags', '1a08000060b5 0402', { 'Attr-26.24757.4': '0x' }],
    ['a wide vendor whose length is wrong', '1a0c00001fe4 000200ff6162', { 'Attr-26.8164': '0x000200ff6162' }],
    ['a number of three bytes in a TLV', 'ad07 0105000018', { 'Attr-173.1': '0x000018' }],
  ];
  test.each(cases)('%s', (_name, hex, values) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expect(readAll(dictionary, attributesIn(bytes))).toEqual(values);
  });
});
