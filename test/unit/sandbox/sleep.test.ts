// Sleeping in a hook, by the SDK's own function in a real isolate: by the host's clock, within the run and its limits.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Guest, GuestCall, GuestResult, Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';
import { tempDir } from '#test/support/temp-dir.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
});
afterAll(() => sandbox.close());

async function load(body: string): Promise<Guest> {
  const folder = tempDir();
  const hooks = `async user_add(input, device) { ${body} }, user_del() { return 'free'; }`;
  await writeFile(
    join(folder, 'plugin.ts'),
    `import { base64, definePlugin, sleep } from '#plugin-sdk';\nexport default definePlugin({ hooks: { ${hooks} } });`,
  );
  const { source } = await bundlePlugin(folder);
  return sandbox.load({ ...programOf(''), source });
}

async function runOnce(body: string, call: Partial<GuestCall> & { withinMs?: number } = {}): Promise<GuestResult> {
  const guest = await load(body);
  const result = await guest.run(callOf('user_add', call));
  await guest.close();
  return result;
}

test('sleep resolves when its time is over, and other runs of the isolate go on meanwhile', async () => {
  const guest = await load(`await sleep(300); return 'rested';`);
  const order: unknown[] = [];
  const note = (result: GuestResult) => void order.push(result.type === 'returned' ? result.value : result);
  const began = Date.now();
  await Promise.all([
    guest.run(callOf('user_add')).then(note),
    guest.run(callOf('user_add')).then(note),
    guest.run(callOf('user_del')).then(note),
  ]);
  expect(order).toEqual(['free', 'rested', 'rested']);
  expect(Date.now() - began).toBeGreaterThanOrEqual(299);
  await guest.close();
});

test('a sleep that would outlast the run fails at once, with what to do instead', async () => {
  const began = Date.now();
  const result = await runOnce('await sleep(60_000);', { withinMs: 5000 });
  expect(Date.now() - began).toBeLessThan(4000);
  expect(result).toMatchObject({ type: 'failed', error: { code: 'deadline_exceeded', retryable: true } });
  expect(result.type === 'failed' && result.error.message).toContain('retry(reason, afterMs)');
});

test('a sleep ends with its run, and its isolate serves on', async () => {
  const stop = new AbortController();
  const guest = await load('device.coa.coa({}).catch(() => {}); await sleep(4000);');
  const onCall = async () => stop.abort();
  const result = await guest.run(callOf('user_add', { signal: stop.signal, onCall }));
  expect(result).toMatchObject({ type: 'failed', error: { code: 'aborted' } });
  expect(await guest.run(callOf('user_del'))).toEqual({ type: 'returned', value: 'free' });
  await guest.close();
});

test.each(['-1', 'NaN', '"1"', 'undefined', 'null'])('sleep(%s) is refused', async (ms) => {
  const result = await runOnce(`await sleep(${ms} as never);`);
  expect(result).toMatchObject({ type: 'failed', error: { code: 'arguments_invalid' } });
});

test('more sleeps at once than calls may wait are refused', async () => {
  const result = await runOnce(
    'await Promise.all(Array.from({ length: 65 }, () => sleep(1000))); return "all of them";',
  );
  expect(result).toMatchObject({ type: 'failed', error: { code: 'call_limit' } });
});

test('base64 of the SDK takes any text and any bytes, and refuses what is none', async () => {
  const body = `const bytes = new Uint8Array([0, 255, 62, 63]), text = 'алиса 𝄞';
    const refused = [() => base64.decode('я'), () => base64.decodeText('/w==')].map((f) => { try { f(); } catch (error) { return error.name; } });
    return [base64.encode(text), base64.decodeText(base64.encode(text)), base64.encode(bytes), [...base64.decode('AP8+Pw')], refused];`;
  const text = 'алиса 𝄞';
  expect(await runOnce(body)).toEqual({
    type: 'returned',
    value: [
      Buffer.from(text).toString('base64'),
      text,
      'AP8+Pw==',
      [0, 255, 62, 63],
      ['InvalidCharacterError', 'TypeError'],
    ],
  });
});
