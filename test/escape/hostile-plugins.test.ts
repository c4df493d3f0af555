// Plugins that try to hang, to swell, to flood or to lie: each gets its answer, and its neighbour goes on.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { GuestResult, Sandbox } from '#core/sandbox/sandbox.ts';
import { residentMegabytes, waitedForCpuMs, workerPids } from '#test/support/sandbox-workers.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
});
afterAll(() => sandbox.close());

async function attack(body: string, call: Parameters<typeof callOf>[1] = {}): Promise<GuestResult> {
  const guest = await sandbox.load(programOf(`async user_add(input, device) { ${body} }`));
  try {
    return await guest.run(callOf('user_add', call));
  } finally {
    await guest.close();
  }
}

/**
 * Asks a well-behaved plugin without a pause; gives the longest that it was not answered well. The time that a busy machine gave to
 * others, while workers or this process were ready to run, does not count.
 */
async function longestSilence(during: Promise<unknown>): Promise<number> {
  const neighbour = await sandbox.load(programOf('user_add() { return 1; }', { name: 'neighbour' }));
  const waits = new Map<number, number>();
  const look = (): void => {
    // One that has ended tells nothing any more.
    for (const pid of [process.pid, ...workerPids()])
      waits.set(pid, Math.max(waits.get(pid) ?? 0, waitedForCpuMs(pid)));
  };
  const counted = (): number => Date.now() - [...waits.values()].reduce((sum, ms) => sum + ms, 0);
  look();
  const looking = setInterval(look, 50);
  let over = false;
  let longest = 0;
  let goodAt = counted();
  const end = during.finally(() => {
    over = true;
  });
  for (let wasOver = false; !wasOver; ) {
    wasOver = over;
    const result = await neighbour.run(callOf('user_add'));
    if (result.type !== 'returned') continue;
    longest = Math.max(longest, counted() - goodAt);
    goodAt = counted();
  }
  clearInterval(looking);
  await end;
  await neighbour.close();
  return longest;
}

test.each([
  ['an endless loop', 'for (;;);', ['cpu_exceeded']],
  [
    'a microtask loop',
    'const again = () => Promise.resolve().then(again); again(); await new Promise(() => {});',
    ['cpu_exceeded', 'memory_exceeded', 'worker_lost'],
  ],
  ['a pathological pattern', `/^(a+)+$/.test('a'.repeat(40) + '!');`, ['cpu_exceeded']],
  [
    'an array bomb',
    'const all = []; for (;;) all.push(new Array(1000).fill(1));',
    ['memory_exceeded', 'worker_lost', 'cpu_exceeded'],
  ],
  [
    'a Map bomb',
    'const all = new Map(); for (let i = 0; ; i++) all.set(i, {});',
    ['memory_exceeded', 'worker_lost', 'cpu_exceeded'],
  ],
  [
    'a string bomb',
    `let text = 'x'; const all = []; for (;;) all.push((text + all.length).repeat(1e6));`,
    ['memory_exceeded', 'worker_lost', 'cpu_exceeded', 'plugin_error'],
  ],
  [
    'a filled giant array',
    'new Array(1e9).fill(0);',
    ['memory_exceeded', 'worker_lost', 'cpu_exceeded', 'plugin_error'],
  ],
  [
    'a spread giant string',
    `[...'.'.repeat(5e8)].length;`,
    ['memory_exceeded', 'worker_lost', 'cpu_exceeded', 'plugin_error'],
  ],
  ['endless recursion', 'const again = () => again() + 1; again();', ['plugin_error']],
])('%s is stopped, and a neighbour waits less than two seconds', async (_name, body, codes) => {
  const attacked = attack(body, { withinMs: 8000 });
  const silence = await longestSilence(attacked);
  const result = await attacked;
  expect(codes).toContain(result.type === 'failed' ? result.error.code : result.type);
  expect(silence).toBeLessThan(2000);
});

test('a promise that never settles ends at the deadline, and the guest still serves', async () => {
  const guest = await sandbox.load(programOf('user_add() { return new Promise(() => {}); }, user_del() { return 1; }'));
  const began = Date.now();
  const result = await guest.run(callOf('user_add', { withinMs: 300 }));
  expect(result).toMatchObject({ type: 'failed', error: { code: 'deadline_exceeded', retryable: true } });
  expect(Date.now() - began).toBeLessThan(1000);
  expect(await guest.run(callOf('user_del'))).toEqual({ type: 'returned', value: 1 });
  await guest.close();
});

test('a box that never answers ends the run at the deadline', async () => {
  const result = await attack('await device.coa.coa({});', { withinMs: 200, onCall: () => new Promise(() => {}) });
  expect(result).toMatchObject({ type: 'failed', error: { code: 'deadline_exceeded' } });
});

test('a run that catches its end and waits on takes its isolate with it, not its neighbours in it', async () => {
  const stubborn = `let state = 0; `;
  const guest = await sandbox.load(
    programOf(
      `async user_add(input, device) { state = 1; try { await device.coa.coa({}); } catch {} await new Promise(() => {}); },
       async slow(input, device) { return device.coa.coa({}); }, state() { return state; }`,
      { before: stubborn },
    ),
  );
  let release: (value: unknown) => void = () => {};
  const slow = guest.run(callOf('slow', { onCall: () => new Promise((resolve) => (release = resolve)) }));
  await guest.run(callOf('user_add', { withinMs: 200, onCall: () => new Promise(() => {}) }));
  await expect.poll(async () => (await guest.run(callOf('state'))) as unknown).toMatchObject({ value: 0 });
  release('late');
  expect(await slow).toEqual({ type: 'returned', value: 'late' });
  await guest.close();
});

test('a log flood is cut, and says so', async () => {
  const lines: string[] = [];
  const result = await attack(`for (let i = 0; i < 1e4; i++) input.log('x'.repeat(1e4));`, {
    onLog: (line) => lines.push(line),
  });
  expect(result.type).toBe('returned');
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toContain('no more than 20 lines');
  expect(Math.max(...lines.map((line) => line.length))).toBe(4096);
});

async function flood(body: string): Promise<{ result: GuestResult; calls: number }> {
  let calls = 0;
  const result = await attack(body, {
    onCall: async () => {
      calls += 1;
      return null;
    },
  });
  return { result, calls };
}

test('a flood of host calls one after the other is refused beyond the limit', async () => {
  const { result, calls } = await flood('for (;;) await device.coa.coa({});');
  expect(result).toMatchObject({ type: 'failed', error: { code: 'call_limit' } });
  expect(calls).toBe(50);
});

test('a flood of host calls at once, its refusals swallowed, reaches the host no more often than allowed', async () => {
  const { calls } = await flood('for (let i = 0; i < 2e4; i++) device.coa.coa({}).catch(() => {});');
  expect(calls).toBeLessThanOrEqual(50);
});

test.each([
  ['arguments of a host call', `await device.coa.coa({ a: 'x'.repeat(1e6) });`],
  ['a result of 10 MB', `return 'x'.repeat(1e7);`],
])('too large: %s', async (_name, body) => {
  expect(await attack(body)).toMatchObject({ type: 'failed', error: { code: 'call_limit' } });
});

test('an answer of the host that is too large is refused to the guest', async () => {
  const result = await attack('return device.coa.coa({});', { onCall: async () => 'x'.repeat(5e6) });
  expect(result).toMatchObject({ type: 'failed', error: { code: 'call_limit' } });
});

test.each([
  ['a cyclic result', 'const a = {}; a.a = a; return a;'],
  ['a result with a getter that throws', `return { get a() { throw new Error('боль'); } };`],
  ['a Proxy that throws at everything', 'return new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; } });'],
  ['a BigInt result', 'return 1n;'],
  ['a thrown text', `throw 'просто текст';`],
  ['a thrown null', 'throw null;'],
  ['a thrown symbol', 'throw Symbol("x");'],
  ['a thrown Proxy', 'throw new Proxy(new Error("x"), { get() { throw 1; }, getPrototypeOf() { throw 2; } });'],
  ['an error with a hostile message', `throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } });`],
  ['a thrown function', 'throw () => {};'],
  ['a thenable that throws', 'return { then() { throw 1; } };'],
])('%s is a plugin_error', async (_name, body) => {
  expect(await attack(body)).toMatchObject({ type: 'failed', error: { code: 'plugin_error' } });
});

test('built-ins cannot be changed, so no run leaves a trap for the next', async () => {
  const guest = await sandbox.load(
    programOf(
      `
      pollute() {
        const tries = [
          () => { Object.prototype.evil = 1; }, () => { Array.prototype.push = 1; }, () => { JSON.stringify = 1; },
          () => { Promise.prototype.then = 1; }, () => { globalThis.evil = 1; }, () => { globalThis.JSON = 1; },
          () => { Error.prototype.message = 'x'; }, () => { ({}).__proto__.toString = 1; },
          () => { (async () => {}).constructor.prototype.evil = 1; }, () => { Error.prepareStackTrace = () => 1; },
          () => { Object.setPrototypeOf(Array.prototype, {}); }, () => { Object.getPrototypeOf(globalThis).evil = 1; },
          () => { Object.getPrototypeOf(Iterator.from({ next() {} })).next = 1; },
          () => { Object.getPrototypeOf([].values().map(String)).next = 1; },
        ];
        return tries.filter((tried) => { 'use strict'; try { tried(); return true; } catch { return false; } }).length;
      },
      look() { return [({}).evil, typeof [].push, typeof JSON.stringify, typeof Promise.prototype.then, typeof evil]; }`,
      {
        before: `'use strict';`,
      },
    ),
  );
  expect(await guest.run(callOf('pollute'))).toEqual({ type: 'returned', value: 0 });
  const value = [null, 'function', 'function', 'function', 'undefined'];
  expect(await guest.run(callOf('look'))).toEqual({ type: 'returned', value });
  await guest.close();
});

test('a class may still override what the built-ins have', async () => {
  const body = `class Mine extends Error { constructor() { super('m'); this.name = 'Mine'; } toString() { return 'mine'; } }
    const plain = {}; plain.toString = () => 'p'; return [String(new Mine()), new Mine().name, String(plain)];`;
  expect(await attack(body)).toEqual({ type: 'returned', value: ['mine', 'Mine', 'p'] });
});

test('nothing of the host can be reached', async () => {
  const body = `return ['process', 'require', 'module', 'Buffer', 'fetch', 'setTimeout', 'WebAssembly', 'SharedArrayBuffer',
    'Atomics', 'eval', 'ivm', '_ivm'].filter((name) => name in globalThis);`;
  expect(await attack(body)).toEqual({ type: 'returned', value: [] });
});

test.each([
  `constructor.constructor('return process')()`,
  `device.coa.coa.constructor('return process')()`,
  `(async () => {}).constructor('return 1')()`,
  `(function* () {}).constructor('return 1')()`,
  `Function('return 1')()`,
  `new Function('return 1')()`,
  `Reflect.construct(Object.getPrototypeOf(function () {}).constructor, ['return 1'])`,
  `input.log.constructor('return process')()`,
  `await import('node:fs')`,
])('code cannot be made or fetched: %s', async (expression) => {
  expect(await attack(`return ${expression};`)).toMatchObject({ type: 'failed', error: { code: 'plugin_error' } });
});

test('all that a plugin can reach is plain: no handle of the engine', async () => {
  const body = `
    const seen = new Set(), odd = [], waiting = [globalThis, device, input];
    while (waiting.length > 0) {
      const value = waiting.pop();
      if ((typeof value !== 'object' || value === null) && typeof value !== 'function') continue;
      if (seen.has(value)) continue;
      seen.add(value);
      for (const key of Reflect.ownKeys(value)) {
        if (['applySync', 'derefInto', 'copySync', 'createContext', 'compileScript'].includes(key)) odd.push(key);
        const { value: held, get, set } = Reflect.getOwnPropertyDescriptor(value, key);
        waiting.push(held, get, set);
      }
      waiting.push(Object.getPrototypeOf(value));
    }
    return { odd, many: seen.size > 500 };`;
  expect(await attack(body)).toEqual({ type: 'returned', value: { odd: [], many: true } });
});

test('device is frozen, has no prototype and only what was granted', async () => {
  const body = `return [Object.isFrozen(device), Object.isFrozen(device.coa), Object.getPrototypeOf(device),
    Object.getPrototypeOf(device.coa), Object.keys(device), Object.keys(device.coa), device.ssh];`;
  const value = [true, true, null, null, ['coa'], ['coa', 'disconnect'], null];
  expect(await attack(body)).toEqual({ type: 'returned', value });
});

test('two hundred programs loaded, run and closed leave the worker as large as before', async () => {
  const cycle = async (n: number): Promise<void> => {
    const guest = await sandbox.load(
      programOf(`user_add() { return ${n}; }`, { before: `/* ${'x'.repeat(20_000)} */` }),
    );
    expect(await guest.run(callOf('user_add'))).toMatchObject({ value: n });
    await guest.close();
  };
  for (let n = 0; n < 50; n++) await cycle(n);
  const before = workerMegabytes();
  for (let n = 50; n < 250; n++) await cycle(n);
  expect(workerMegabytes() - before).toBeLessThan(40);
});

test.each([
  ['twenty thousand hooks', 'for (let n = 0; n < 2e4; n++) hooks["hook" + n] = () => {};'],
  ['a hook with a name of a megabyte', 'hooks["h".repeat(1e6)] = () => {};'],
])('%s are refused where they are, with words', async (_name, fill) => {
  const { workerRestarts } = sandbox.stats();
  const source = `const hooks = {}; ${fill} var ossiaPlugin = { default: { hooks } };`;
  await expect(sandbox.load({ ...programOf(''), source })).rejects.toMatchObject({
    code: 'plugin_invalid',
    message: expect.stringContaining('more than 500 hooks'),
  });
  expect(sandbox.stats().workerRestarts).toBe(workerRestarts);
});

function workerMegabytes(): number {
  return workerPids().reduce((sum, pid) => sum + residentMegabytes(pid), 0);
}
