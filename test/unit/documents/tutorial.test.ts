// "Your first plugin" of the README, run as it is written: each block of commands in one shell, and each block of text is what they print.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { tempDir } from '#test/support/temp-dir.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const section = /^## Your first plugin\n([\s\S]*?)^## /m.exec(await readFile(`${root}README.md`, 'utf8'))?.[1] ?? '';
const blocks = [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));
const endOfBlock = '=== end of a block, exit code';

/** As whoever copies them: one shell for all, in a folder for temporary files that is gone with the test. */
function type(script: string): Promise<string> {
  const child = spawn('bash', ['--norc'], { cwd: root, env: { ...process.env, TMPDIR: tempDir() }, timeout: 170_000 });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      out += text;
    });
  child.stdin.end(script);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve(out));
  });
}

test('the tutorial does what it says, block by block', { timeout: 180_000 }, async () => {
  const commands = blocks.filter(({ language }) => language === 'sh');
  expect(blocks.map(({ language }) => language)).toEqual(['sh', 'text', 'sh', 'text', 'sh', 'text']);

  const script = commands.map(({ text }) => `${text}\necho "${endOfBlock} $?"\n`).join('');
  const printed = (await type(script)).split(new RegExp(`^${endOfBlock} `, 'm'));

  expect(printed).toHaveLength(commands.length + 1);
  for (const [index, { text }] of blocks.filter(({ language }) => language === 'text').entries()) {
    const lines = (printed[index] ?? '').split('\n').map((line) => line.trim());
    let from = 0;
    for (const wanted of text.trim().split('\n')) {
      const at = lines.indexOf(wanted.trim(), from);
      expect(at, `${wanted}\nis not, or not in this order, in:\n${printed[index]}`).toBeGreaterThanOrEqual(0);
      from = at + 1;
    }
    expect(printed[index + 1]).toMatch(/^0\n/);
  }
});
