// The log as people read it at a terminal.
import { expect, test } from 'vitest';
import { createLog } from '#core/log.ts';
import { lineFor } from '#core/log-lines.ts';

test('a line has time, level, message and fields, and nothing in it steers the terminal', () => {
  const entry = {
    level: 'warn',
    time: '2026-11-21T20:00:13.123Z',
    pid: 1,
    nas: 'брас\u001b[2J',
    jobs: [1],
    msg: 'no answer',
  };
  expect(lineFor(JSON.stringify(entry))).toBe('20:00:13.123 WARN  no answer nas=брас?[2J jobs=[1]');
});

test('a log in lines shows the stack of an error', () => {
  const lines: string[] = [];
  const log = createLog({ lines: true, to: { write: (text: string) => void lines.push(text) } });
  log.error({ err: new Error('disk is full') }, 'commit failed');
  expect(lines.join('')).toMatch(/^\d\d:\d\d:\d\d\.\d{3} ERROR commit failed\nError: disk is full\n +at /);
});
