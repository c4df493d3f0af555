// How texts get to the terminal.
import { expect, test } from 'vitest';
import { type Column, clean, painter, table } from '#core/cli/text.ts';

interface Row {
  readonly name: string;
  readonly reason: string;
}
const columns: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name },
  { title: 'REASON', text: ({ reason }) => reason, tone: () => 'bad' },
];
const rows = [
  { name: 'a', reason: 'x'.repeat(60) },
  { name: 'longer', reason: 'short' },
];

test('clean makes what would steer a terminal visible and leaves letters of every alphabet', () => {
  expect(clean('Привіт 漢字 \u001b]0;x\u0007 \u009b31m \u202e')).toBe(
    'Привіт 漢字 \\u001b]0;x\\u0007 \\u009b31m \\u202e',
  );
});

test('a table keeps everything when piped, and fits the terminal when there is one', () => {
  const piped = table(rows, { columns, io: { columns: 0, env: {} } as never });
  const narrow = table(rows, { columns, io: { columns: 40, env: { NO_COLOR: '1' } } as never });
  expect(piped).toBe(`NAME    REASON\na       ${'x'.repeat(60)}\nlonger  short\n`);
  expect(Math.max(...narrow.split('\n').map(({ length }) => length))).toBe(40);
});

test('a table in a narrow terminal puts the last column under its row, and leaves no line for an empty one', () => {
  const wordy = [...rows, { name: 'none', reason: '' }];
  const narrow = table(wordy, { columns, io: { columns: 30, env: { NO_COLOR: '1' } } as never });
  expect(narrow).toBe(`NAME\n    REASON\na\n    ${'x'.repeat(25)}…\nlonger\n    short\nnone\n`);
});

test('colour is used on a terminal only, and not with NO_COLOR', () => {
  expect(painter({ columns: 80, env: {} })('bad', 'x')).toBe('\u001b[31mx\u001b[39m');
  expect(painter({ columns: 0, env: {} })('bad', 'x')).toBe('x');
  expect(painter({ columns: 80, env: { NO_COLOR: '1' } })('bad', 'x')).toBe('x');
});
