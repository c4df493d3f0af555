// A program that is closed while it is still being loaded: who waits for it is told, and nobody else waits.
import { afterEach, expect, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox | undefined;
afterEach(() => sandbox?.close());

test('a run that waits for its program to load is called off when that is closed, and others still load', async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
  const program = programOf(`hi() { return 'привет'; }`);
  // What the same text offered before is known: the others load with their first run.
  await sandbox.load(program);
  for (let n = 0; n < 20; n++) {
    const guest = await sandbox.load(program);
    const waiting = guest.run(callOf('hi'));
    await guest.close();
    expect(await waiting).toMatchObject({ type: 'failed', error: { code: 'aborted' } });
  }
  const last = await sandbox.load(program);
  expect(await last.run(callOf('hi'))).toEqual({ type: 'returned', value: 'привет' });
});
