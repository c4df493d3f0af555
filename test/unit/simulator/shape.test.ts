// The shape of commands: equal for any value that stays one, another as soon as a value is more.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sh } from '#core/plugin-sdk/index.ts';
import { shellShape, textShape } from '#core/simulator/shape.ts';

test('a quoted value has the shape of any other, whatever it holds', () => {
  const wanted = shellShape(sh`nft add element -- ${'x'} ${'y'}; tc class show dev ${'lan'} 2>/dev/null`);
  expect(wanted).toEqual(['nft', 'w', 'w', '--', 'w', 'w', ';', 'tc', 'w', 'w', 'w', 'w', 'w', '>', '/dev/null']);
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')),
    fc.constantFrom("'", '"', "';reboot", '$(reboot)', '`x`', '-rf', '\n', '#', '*', '{a,b}', ''),
  );
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(shellShape(sh`nft add element -- ${one} ${other}; tc class show dev ${'lan'} 2>/dev/null`)).toEqual(
        wanted,
      );
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['put x; reboot', ['put', 'w', ';', 'reboot']],
  ['put $(reboot)', ['put', '$', '(', 'reboot', ')']],
  ['put "$(reboot)"', ['put', '"', '$', '(', 'reboot', ')', '"']],
  ['put -rf', ['put', '-rf']],
  ["put '-rf'", ['put', "'-rf'"]],
  ['put -- -rf', ['put', '--', 'w']],
  ["put 'x", ['put', "'", 'w']],
  ['put x\nreboot', ['put', 'w', '\n', 'reboot']],
])('%j shows that it is more than a word', (command, shape) => {
  expect(shellShape(command)).toEqual(shape);
});

test('a text in quotes is one, and what breaks out of it is seen', () => {
  const line = (comment: string) => textShape(`add element users { 10.1.2.3 comment "${comment}" }\n`);
  expect(line('Иванов; } #')).toEqual(line('x'));
  expect(line('x" } ; flush ruleset #')).not.toEqual(line('x'));
  expect(line('x\ny')).not.toEqual(line('x'));
});
