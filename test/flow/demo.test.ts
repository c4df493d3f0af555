// The demo, as a newcomer runs it: ends well, and is plain text when it is piped.
import { spawn } from 'node:child_process';
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
  expect(text).toContain('21 jobs: 21 done, 0 not');
  expect(text).toContain('user_drop user_id=1001 login=иванов');
  for (const box of ['ros-1', 'bras-2', 'linux-3']) {
    expect(text).toMatch(new RegExp(`→ ${box}`));
    expect(text).toMatch(new RegExp(`^ {2}${box} +nothing$`, 'm'));
  }
  expect(text.includes('\x1b')).toBe(false);
  expect(code).toBe(0);
});
