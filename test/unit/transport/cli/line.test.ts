// A plugin's line: which values a platform can be told and how, and the words that grants are held against.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cliTransport } from '#core/transport/cli/cli.ts';
import { cliLine, textOf, wordsOf } from '#core/transport/cli/line.ts';
import { platforms } from '#core/transport/cli/platforms/all.ts';
import { type CliLine, cli } from '#plugin-sdk';

const platform = (name: string) => platforms[name] as (typeof platforms)[string];
const say = (name: string, value: string) => textOf(cli`clear session ${value} now`, platform(name));
const names = Object.keys(platforms);
const quoting = ['junos', 'huawei-vrp', 'huawei-vrp5', 'nokia-sros', 'nokia-sros-md', 'eltex-esr'];

describe.each(names)('%s', (name) => {
  test.each(['ivan', 'ivan@isp.ru', '10.0.0.1', '2001:db8::1/64', 'aa:bb:cc-dd', 'ge-0/0/1.100', 'a_b+c=d%e~f'])(
    'is told %s as it is',
    (value) => expect(say(name, value)).toBe(`clear session ${value} now`),
  );

  test.each([
    '',
    ' ',
    'a\nreload',
    'a\rreload',
    'a\tb',
    'a\u0003',
    'a\u001b[A',
    'a\u007f',
    'a?',
    'what?ever',
    'a"b',
    '"',
    'a\\',
    '*',
    'ge-*',
    'Иванов',
    'a\u0000b',
    '\u2028',
    'a\u0085b',
    'x'.repeat(600),
  ])('is not told %j', (value) => {
    if (value === ' ' && quoting.includes(name)) expect(say(name, value)).toBe('clear session " " now');
    else
      expect(() => say(name, value)).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^(value_unsafe|arguments_invalid)$/) }),
      );
  });

  test.each([
    'two words',
    'a|b',
    'a;b',
    'a!b',
    '#x',
    'a,b',
    '[a',
    '{a}',
    "a'b",
    '$a',
    '`a`',
    '<a>',
    'a&b',
    '(a)',
    '^a',
  ])('is told %j in quotes or not at all', (value) => {
    if (quoting.includes(name)) expect(say(name, value)).toBe(`clear session "${value}" now`);
    else expect(() => say(name, value)).toThrow(expect.objectContaining({ code: 'value_unsafe' }));
  });

  test('a value is one word and nothing else, or refused, whatever it is', () => {
    const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.string({ maxLength: 30 }));
    fc.assert(
      fc.property(value, (given) => {
        let text: string;
        try {
          text = say(name, given);
        } catch (error) {
          expect(error).toMatchObject({
            code: 'value_unsafe',
            message: expect.stringContaining(JSON.stringify(given)),
          });
          return;
        }
        const words = text.match(/"[^"]*"|[^ ]+/g) ?? [];
        expect(words.map((word) => word.replaceAll('"', ''))).toEqual(['clear', 'session', given, 'now']);
      }),
      { numRuns: 500 },
    );
  });
});

test('a value that touches text must be one that needs no quotes', () => {
  const { parts } = cli`ip address ${''}/32`;
  expect(textOf({ parts, values: ['10.0.0.1'] }, platform('junos'))).toBe('ip address 10.0.0.1/32');
  expect(() => textOf({ parts, values: ['two words'] }, platform('junos'))).toThrow(/touches other text/);
});

test("the author's text is typed as it stands, but what the box would take for a key is not", () => {
  expect(textOf(cli`set description "two  words" | display set`, platform('junos'))).toBe(
    'set description "two  words" | display set',
  );
  expect(() => textOf(cli`show ?`, platform('cisco-ios'))).toThrow(/cannot be told "\?"/);
  expect(() => textOf(cli`show ${'a'} \u044f`, platform('cisco-ios'))).toThrow(
    expect.objectContaining({ code: 'arguments_invalid' }),
  );
});

test('quotes around a value are refused: it gets its own', () => {
  expect(() => textOf(cli`set description "${'a'}"`, platform('junos'))).toThrow(
    expect.objectContaining({ code: 'arguments_invalid' }),
  );
});

test('a pipe in quotes of the author is none where the platform knows quotes, and refused where it knows none', () => {
  const line = cli`show log "a | redirect x"`;
  expect(wordsOf(line)).toEqual([['show', 'log', 'a | redirect x']]);
  expect(textOf(line, platform('junos'))).toBe('show log "a | redirect x"');
  expect(() => textOf(line, platform('cisco-ios'))).toThrow(expect.objectContaining({ code: 'arguments_invalid' }));
});

test('what the guest sends is parsed: control characters, wrong counts, nothing', () => {
  const isTaken = (line: unknown) => cliLine.safeParse(line).success;
  expect(isTaken(cli`show ${'a'}`)).toBe(true);
  expect(isTaken({ parts: ['show\nreload'], values: [] })).toBe(false);
  expect(isTaken({ parts: ['show'], values: ['a'] })).toBe(false);
  expect(isTaken({ parts: ['show ', ''], values: [7] })).toBe(false);
  expect(isTaken({ parts: [' ', ' '], values: ['reload'] })).toBe(false);
  expect(isTaken('show')).toBe(false);
});

describe('the words for grants', () => {
  test.each<[CliLine, readonly (readonly string[])[] | null]>([
    [cli`show  version`, [['show', 'version']]],
    [cli`clear session ${'a b'}`, [['clear', 'session', 'a b']]],
    [cli`ip address ${'10.0.0.1'}/32`, [['ip', 'address', '10.0.0.1/32']]],
    [
      cli`show run|redirect ${'flash:x'}`,
      [
        ['show', 'run'],
        ['|', 'redirect', 'flash:x'],
      ],
    ],
    [
      cli`show a ; reload`,
      [
        ['show', 'a'],
        [';', 'reload'],
      ],
    ],
    [cli`set description "two words"`, [['set', 'description', 'two words']]],
    [cli`clear session ${'a | reload'}`, [['clear', 'session', 'a | reload']]],
    [cli`set description "open`, null],
    [cli`set description "a\\" b"`, null],
  ])('%j', (line, words) => expect(wordsOf(line)).toEqual(words));

  test('of every line of a configuration, and of every answer that is more than yes or no', () => {
    const subjects = cliTransport.subjects?.('configure', [[cli`interface ${'a'}`, cli`shutdown`]]);
    expect(subjects).toEqual([['interface', 'a'], ['shutdown']]);
    const answers = { one: 'y', two: '', three: 'reload now', four: 'No' };
    expect(cliTransport.subjects?.('run', [cli`copy a`, { answers }])).toEqual([
      ['copy', 'a'],
      ['reload', 'now'],
    ]);
  });
});
