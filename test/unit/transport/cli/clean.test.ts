// What a terminal would show of a box's bytes, and whether an echo is the line that was typed.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean, isEcho } from '#core/transport/cli/clean.ts';

test.each([
  ['one\r\ntwo\r\r\nthree', 'one\ntwo\nthree'],
  ['\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\bnext line', 'next line'],
  ['\r                    \rnext line', 'next line'],
  ['\x1b[42D                                          \x1b[42Dnext line', 'next line'],
  ['\x1b[7m--More--\x1b[27m\r\x1b[Knext', 'next'],
  ['abc\x1b[2Kx', '   x'],
  ['\x1b[1;31mred\x1b[0m \x1b]0;title\x07here\x1b[?25h', 'red here'],
  ['bell\x07 and nul\0', 'bell and nul'],
  ['tab\there   ', 'tab\there'],
  ['progress 10%\rprogress 100%', 'progress 100%'],
  ['Ёжик\b\bак', 'Ёжак'],
  ['\x1b[999999999C|', `${' '.repeat(4096)}|`],
])('%j is shown as %j', (raw, shown) => expect(clean(raw)).toBe(shown));

test('no bytes upset it or make it grow without bound', () => {
  const piece = fc.constantFrom(
    '\x1b[',
    '\x1b]',
    '\x1b',
    '9',
    '99999',
    ';',
    'C',
    'D',
    'K',
    'G',
    '\b',
    '\r',
    '\n',
    'a',
    'я',
    '\x07',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
      const raw = pieces.join('');
      expect(clean(raw).length).toBeLessThan(raw.length + 5_000 * raw.split('\n').length);
      isEcho(raw, 'show version');
    }),
    { numRuns: 2_000 },
  );
});

describe('an echo', () => {
  test.each([
    ['show version', true],
    ['show ver\r\nsion', true],
    ['show ver \rsion', true],
    ['\x1b[Kshow version', true],
    ['bras-1#show version', true],
    ['show versio', false],
    ['show versions', false],
    ['sh?\r\n  WORD  what may follow\r\nbras-1#sh', false],
    ['', false],
    ['************', false],
  ])('%j: %s', (raw, is) => expect(isEcho(raw, 'show version')).toBe(is));

  test('that scrolls is known by its end', () => {
    const line = `show subscriber ${'x'.repeat(80)} username ivan@isp`;
    expect(isEcho(`bras-1#$${line.slice(-40)}`, line)).toBe(true);
    expect(isEcho('bras-1#$reload now', line)).toBe(false);
  });
});
