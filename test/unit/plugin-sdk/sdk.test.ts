// What plugins import: verdicts with the fields that the sandbox looks for, and quoting that a real shell agrees with.
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gone, refuse, retry, sh } from '#core/plugin-sdk/index.ts';

test('verdicts are errors that say what they are', () => {
  expect(
    [refuse('a'), retry('b', 100), gone('c')].map(({ verdict, message, afterMs }) => [verdict, message, afterMs]),
  ).toEqual([
    ['refuse', 'a', undefined],
    ['retry', 'b', 100],
    ['gone', 'c', undefined],
  ]);
  expect(refuse('a')).toBeInstanceOf(Error);
});

test('sh keeps every value one word for a real shell', () => {
  const value = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(value, value, (first, second) => {
      const printed = execFileSync('sh', ['-c', sh`printf '%s|' ${first} ${second}`]).toString();
      expect(printed).toBe(`${Buffer.from(first)}|${Buffer.from(second)}|`);
    }),
    {
      numRuns: 40,
      examples: [
        ["'; rm -rf /", '$(id)'],
        ['', '-n'],
        ['a\nb', '`x`'],
      ],
    },
  );
});

test('sh refuses NUL', () => {
  expect(() => sh`echo ${'a\0b'}`).toThrow('NUL');
});
