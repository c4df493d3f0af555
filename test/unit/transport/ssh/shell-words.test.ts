// What a grant takes a shell line for is what a POSIX shell makes of it: compared with the system's own shell.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { commandsOf } from '#core/transport/ssh/shell-words.ts';

test.each([
  ['nft -f -', [['nft', '-f', '-']]],
  [
    'tc -V; nft list tables',
    [
      ['tc', '-V'],
      ['nft', 'list', 'tables'],
    ],
  ],
  ['a && b || c | d & e\nf', [['a'], ['b'], ['c'], ['d'], ['e'], ['f']]],
  ['ping \'a b\' "c d" e\\ f я', [['ping', 'a b', 'c d', 'e f', 'я']]],
  [
    'tc qdisc add 2>/dev/null; nft x >/dev/null 2>&1',
    [
      ['tc', 'qdisc', 'add'],
      ['nft', 'x'],
    ],
  ],
  ['nft get element { 1 }'.replace('{ 1 }', "'{ 1 }'"), [['nft', 'get', 'element', '{ 1 }']]],
  ['   ', []],
])('%j is %j', (line, commands) => {
  expect(commandsOf(line)).toEqual(commands);
});

test.each([
  'nft $(reboot)',
  'nft `reboot`',
  'nft "$(reboot)"',
  'nft $IFS',
  'cat </etc/shadow',
  'nft list > /etc/passwd',
  'nft list >/dev/null/../../etc/passwd',
  'nft list 2>&1x',
  'rm /etc/*',
  'rm ~root',
  '(reboot)',
  '{ reboot; }',
  'nft {a,b}',
  'nft # reboot',
  "nft 'open",
  'nf\\\nt',
  'nft\rreboot',
  'nft list &>/dev/null ruleset',
  'dd of=~/x',
])('only a shell knows what %j does', (line) => {
  expect(commandsOf(line)).toBeNull();
});

test('random lines have the words that the shell gives their commands', async () => {
  let seed = 20261122;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const pieces = [
    'a',
    'б',
    ' ',
    ' ',
    '\t',
    "'",
    '"',
    '\\',
    '$',
    '`',
    '>',
    '#',
    '~',
    '=',
    '*',
    '!',
    '{',
    '\n',
    ';',
    '&&',
    '-',
    '2>/dev/null',
  ];
  const piece = (): string => pieces[random(pieces.length)] ?? '';
  const lines = new Set<string>();
  for (let tries = 0; tries < 60_000 && lines.size < 1500; tries++) {
    const line = `p ${Array.from({ length: 1 + random(9) }, piece).join('')}`
      .replaceAll(';', '; p ')
      .replaceAll('&&', ' && p ');
    const commands = commandsOf(line);
    // Others are another program, which this test does not run.
    if (commands?.every(([name]) => name === 'p')) lines.add(line);
  }
  expect(lines.size).toBeGreaterThan(500);
  const shown = "p() { printf '%s\\0' p \"$@\" >&3; printf '\\1\\0' >&3; }\nexec 3>&1\n";
  // A line that the shell does not take does nothing.
  const quoted = (line: string) => `'${line.replaceAll("'", "'\\''")}'`;
  const script = [...lines].map((line) => `(eval ${quoted(line)}) || printf '\\3\\0' >&3\nprintf '\\2\\0'\n`).join('');
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', shown + script], { timeout: 20_000, maxBuffer: 16e6 });
  const seen = stdout.split('\x02\0').slice(0, -1);
  expect(seen).toHaveLength(lines.size);
  let taken = 0;
  [...lines].forEach((line, at) => {
    const text = seen[at] ?? '';
    if (text.includes('\x03\0')) return;
    taken += 1;
    const commands = text.split('\x01\0').slice(0, -1);
    expect(
      commands.map((command) => command.split('\0').slice(0, -1)),
      JSON.stringify(line),
    ).toEqual(commandsOf(line));
  });
  expect(taken).toBeGreaterThan(lines.size / 2);
});
