// What a run gives back for each way in which a hook can end, through a real worker.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { GuestCall, GuestResult, Program, Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
});
afterAll(() => sandbox.close());

async function runOnce(
  body: string,
  call: Partial<GuestCall> = {},
  program: Partial<Program> = {},
): Promise<GuestResult> {
  const guest = await sandbox.load(programOf(`async user_add(input, device) { ${body} }`, program));
  try {
    return await guest.run(callOf('user_add', call));
  } finally {
    await guest.close();
  }
}

const verdict = (kind: string, more = ''): string =>
  `Object.assign(new Error('занят'), { verdict: '${kind}' ${more} })`;

test('run gives what the hook returned, with UTF-8 intact', async () => {
  expect(await runOnce('return { login: input.account.login, list: [1, null] };')).toEqual({
    type: 'returned',
    value: { login: 'алиса', list: [1, null] },
  });
});

test('run gives all lists of a generator as one, however long one of them is', async () => {
  const guest = await sandbox.load(programOf('async *user_add() { yield [1]; yield new Array(300_000).fill(2); }'));
  const result = await guest.run(callOf('user_add'));
  await guest.close();
  expect(result.type === 'returned' && (result.value as unknown[]).length).toBe(300_001);
});

test('run gives null when the hook returned nothing', async () => {
  expect(await runOnce('')).toEqual({ type: 'returned', value: null });
});

test.each(['throw', 'return'])('run gives a verdict that the hook meant by %s', async (how) => {
  expect(await runOnce(`${how} ${verdict('retry', ', afterMs: 1500')};`)).toEqual({
    type: 'verdict',
    verdict: 'retry',
    reason: 'занят',
    afterMs: 1500,
  });
});

test('run does not take returned data with a verdict field for a verdict', async () => {
  expect(await runOnce(`return { verdict: 'refuse', message: 'a row' };`)).toMatchObject({ type: 'returned' });
});

test('run passes host calls with their arguments, and their answers back', async () => {
  const calls: unknown[] = [];
  const result = await runOnce(`return device.coa.coa({ 'User-Name': input.account.login }, undefined, 7);`, {
    async onCall(transport, method, args) {
      calls.push({ transport, method, args });
      return { said: 'да' };
    },
  });
  expect(calls).toEqual([{ transport: 'coa', method: 'coa', args: [{ 'User-Name': 'алиса' }, undefined, 7] }]);
  expect(result).toEqual({ type: 'returned', value: { said: 'да' } });
});

const refusal = new OssiaError('nas_refused', 'CoA-NAK', { said: 'нет такой сессии', details: { errorCause: 503 } });
const refusing = {
  async onCall(): Promise<never> {
    throw refusal;
  },
};

test('run gives the guest code, retryable, message, said and details of a failed host call', async () => {
  const body = `try { await device.coa.coa({}); } catch (error) {
    return [error instanceof Error, error.code, error.retryable, error.message, error.said, error.details];
  }`;
  expect(await runOnce(body, refusing)).toEqual({
    type: 'returned',
    value: [true, 'nas_refused', false, 'CoA-NAK', 'нет такой сессии', { errorCause: 503 }],
  });
});

test('run gives the host its own error back when the guest lets it through', async () => {
  const result = await runOnce('await device.coa.coa({});', refusing);
  expect(result.type === 'failed' && result.error).toBe(refusal);
});

test('run keeps the code of a host error that the guest wrapped', async () => {
  const result = await runOnce(
    `try { await device.coa.coa({}); } catch (cause) { throw new Error('rate of алиса', { cause }); }`,
    refusing,
  );
  expect(result).toMatchObject({ type: 'failed', error: { code: 'nas_refused', message: 'rate of алиса' } });
  expect(result).toMatchObject({ error: { said: 'нет такой сессии', details: { errorCause: 503 } } });
});

test('run calls a made-up code what it is: a bug of the plugin', async () => {
  const result = await runOnce(`throw Object.assign(new Error('x'), { code: 'nas_timeout', retryable: true });`);
  expect(result).toMatchObject({ type: 'failed', error: { code: 'plugin_error', message: 'x' } });
});

test('run names the kind of a plugin bug', async () => {
  const result = await runOnce('return device.ssh.run("x");');
  expect(result).toMatchObject({ type: 'failed', error: { code: 'plugin_error' } });
  expect(result.type === 'failed' && result.error.message).toContain('TypeError: Cannot read properties of undefined');
});

test('run keeps the log lines and console lines of the hook in order', async () => {
  const lines: string[] = [];
  await runOnce(`input.log('раз'); await device.coa.coa({}); console.warn('два', { n: 2 });`, {
    onLog: (line) => lines.push(line),
  });
  expect(lines).toEqual(['раз', 'два {"n":2}']);
});

test('run ends with aborted when its signal fires', async () => {
  const stop = new AbortController();
  const result = runOnce('await device.coa.coa({});', {
    signal: stop.signal,
    onCall: () => {
      stop.abort();
      return new Promise(() => {});
    },
  });
  expect(await result).toMatchObject({ type: 'failed', error: { code: 'aborted' } });
});

test('run refuses a hook that the plugin lacks', async () => {
  const guest = await sandbox.load(programOf('user_add() {}'));
  expect(await guest.run(callOf('user_del'))).toMatchObject({ type: 'failed', error: { code: 'not_found' } });
  expect(await guest.run(callOf('toString'))).toMatchObject({ type: 'failed', error: { code: 'not_found' } });
  await guest.close();
});

test('run keeps many runs of one guest apart', async () => {
  const guest = await sandbox.load(programOf('async user_add(input, device) { return device.coa.coa(input.n); }'));
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  const results = await Promise.all(
    numbers.map((n) =>
      guest.run(callOf('user_add', { input: { n }, onCall: async (_transport, _method, [value]) => value })),
    ),
  );
  expect(results.map((result) => result.type === 'returned' && result.value)).toEqual(numbers);
  await guest.close();
});

test('selfTest gets the device first and reads with it', async () => {
  const guest = await sandbox.load({
    ...programOf(''),
    source:
      'var ossiaPlugin = { default: { hooks: {}, async selfTest(device, { options }) { await device.coa.coa(options); } } };',
  });
  const seen: unknown[] = [];
  const call = callOf('selfTest', { input: { options: { a: 1 } }, onCall: async (_t, _m, args) => seen.push(args) });
  expect([...guest.besides]).toEqual(['selfTest']);
  expect(await guest.run(call)).toMatchObject({ type: 'returned' });
  expect(seen).toEqual([[{ a: 1 }]]);
  await guest.close();
});

test.each([
  ['a syntax error', 'var ossiaPlugin = {', 'SyntaxError'],
  ['an error at its top level', 'throw new Error("без сети")', 'без сети'],
  ['no default export', 'var ossiaPlugin = {}', 'no default export'],
  ['no definition at all', '1', 'no default export'],
  ['hooks that are not functions', 'var ossiaPlugin = { default: { hooks: { user_add: 7 } } }', 'hooks.user_add'],
  ['an endless loop at its top level', 'for (;;);', 'timed out'],
])('load refuses a program with %s', async (_name, source, words) => {
  const loading = sandbox.load({ ...programOf(''), source });
  await expect(loading).rejects.toMatchObject({ code: 'plugin_invalid', message: expect.stringContaining(words) });
});

test('load runs a known source again in an isolate of its own', async () => {
  const program = programOf('count() { globalCount += 1; return globalCount; }', { before: 'let globalCount = 0;' });
  const [first, second] = [await sandbox.load(program), await sandbox.load(program)];
  await first.run(callOf('count'));
  expect(await first.run(callOf('count'))).toMatchObject({ value: 2 });
  expect(await second.run(callOf('count'))).toMatchObject({ value: 1 });
  await Promise.all([first.close(), second.close()]);
});

test('stats count guests and the CPU of their plugins', async () => {
  const owner = { nas: 'bras-1', plugin: 'counted' };
  const guest = await sandbox.load(programOf('user_add() { for (let i = 0; i < 1e5; i++); }', { owner }));
  await guest.run(callOf('user_add'));
  await expect.poll(() => sandbox.stats().plugins.get('counted')?.cpuMs ?? 0, { timeout: 5000 }).toBeGreaterThan(0);
  expect(sandbox.stats().guests).toBe(1);
  await guest.close();
  expect(sandbox.stats().guests).toBe(0);
});
