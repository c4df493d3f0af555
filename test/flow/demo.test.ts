// The demo, as a newcomer runs it: ends well, and is plain text when it is piped.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeBin } from '#test/support/site.ts';

const main = new URL('../demo/main.ts', import.meta.url).pathname;

test('the demo plays the whole life, leaves nothing on the boxes and ends with 0', { timeout: 90_000 }, async () => {
  const child = spawn(nodeBin, [main], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(text).toContain('24 jobs: 24 done, 0 not');
  expect(text).toContain('user_drop user_id=1001 login=иванов');
  for (const box of ['ros-1', 'bras-2', 'linux-3']) {
    expect(text).toMatch(new RegExp(`→ ${box}`));
    expect(text).toMatch(new RegExp(`^ {2}${box} +nothing$`, 'm'));
  }
  expect(text.includes('\x1b')).toBe(false);
  expect(code).toBe(0);
});

test('the demo ends its daemon and leaves no folder [when its reader goes away]', { timeout: 90_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ossia-demo-'));
  try {
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(nodeBin, [main], { stdio: ['ignore', 'pipe', 'inherit'], env });
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the demo with --stay goes on until SIGTERM, then ends well and leaves no folder', {
  timeout: 90_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ossia-demo-'));
  try {
    const env = { ...process.env, TMPDIR: folder };
    const child = spawn(nodeBin, [main, '--stay'], { stdio: ['ignore', 'pipe', 'inherit'], env });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('Ctrl-C ends it.')) child.kill('SIGTERM');
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    expect(text).toMatch(/npm run -s ossia -- jobs show 24 --config /);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
