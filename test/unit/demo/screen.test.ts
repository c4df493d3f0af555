// The demo's lines fit the terminal that they are shown in.
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createScreen } from '#test/demo/screen.ts';

test('a screen cuts what a box is told at the edge of the terminal, and shows tabs as spaces', async () => {
  const out = Object.assign(new PassThrough(), { columns: 60 });
  createScreen(out).told('ros-1', `/queue/simple/add ${'name=value '.repeat(20)}`, `table {\n\tset users {\n\t}`);
  out.end();
  const lines = (await text(out)).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBe(60);
  expect(lines[0]).toMatch(/→ ros-1 {4}\/queue\/simple\/add .*…$/);
  expect(lines[2]).toBe(`${' '.repeat(12)}    set users {`);
});
