// Plugins that try to get out inside a running daemon: into the worker, the host, another profile, its secrets, or their own next run.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostileSite, openHostileSite } from '#test/support/hostile-site.ts';
import { childrenOf } from '#test/support/sandbox-workers.ts';

const secrets = {
  own: 'Тайна-"своей"-коробки-4711',
  other: 's3cret-of-another-box-0815',
  environment: 's3cret-of-the-daemon-2342',
};

/** Each of them got somewhere when it gives something that is neither plain nor of the guest's own realm. */
const escapes: readonly string[] = [
  `this?.constructor.constructor('return process')()`,
  `globalThis.constructor.constructor('return process')()`,
  `(() => {}).constructor('return process')()`,
  `(async () => {}).constructor('return process')()`,
  `(function* () {}).constructor('return process')().next().value`,
  `(async function* () {}).constructor('return process')().next()`,
  `new Error('x').constructor.constructor('return process')()`,
  `device.coa.coa.constructor('return process')()`,
  `device.coa.coa.__proto__.constructor('return process')()`,
  `input.log.constructor.constructor('return process')()`,
  `console.log.constructor('return process')()`,
  `input.account.constructor.constructor('return process')()`,
  `device.constructor.constructor('return process')()`,
  `refuse('x').constructor.constructor.constructor('return process')()`,
  `Reflect.construct(Function, ['return process'])()`,
  `Reflect.construct(Reflect.getPrototypeOf(function () {}).constructor, ['return process'], class {})()`,
  `Reflect.apply(Function.prototype.constructor, null, ['return process'])()`,
  `Object.getPrototypeOf(async () => {}).constructor('return process')()`,
  `Function.prototype.bind.constructor('return process')()`,
  `({}).__lookupGetter__('__proto__').constructor('return process')()`,
  `({}).__lookupGetter__.call(device, 'coa')`,
  `device.__defineGetter__('coa', () => 1)`,
  `Object.prototype.__lookupGetter__('constructor').call(globalThis)('return process')()`,
  `[].map.call({ length: 1, constructor: { [Symbol.species]: Function } }, String)`,
  `(() => { class A extends Array { static get [Symbol.species]() { return Function; } } return new A(3).map(() => 'return process'); })()`,
  `(() => { Error.prepareStackTrace = (error, sites) => sites; return new Error('x').stack[0].getThis(); })()`,
  `(() => { const o = {}; Error.captureStackTrace(o); return o.stack.constructor.constructor('return process')(); })()`,
  `(() => { try { null.f(); } catch (error) { return error.constructor.constructor('return process')(); } })()`,
  `(() => { function f() { return f.caller; } return f(); })()`,
  `(() => { function f() { return f.arguments.callee.caller.arguments; } return f(); })()`,
  `await (async () => { try { await device.coa.coa(Symbol()); } catch (error) { return error.constructor.constructor('return process')(); } })()`,
  `await (async () => { try { await device.coa.coa({ 'No-Such': 1 }); } catch (error) { return error.constructor.constructor('return process')(); } })()`,
  `(() => { const p = device.coa.coa({ 'No-Such': 1 }); p.catch(() => {}); return p.constructor.constructor('return process')(); })()`,
  `(() => { const p = device.coa.coa({ 'No-Such': 1 }); p.catch(() => {}); return p.constructor[Symbol.species].constructor('return process')(); })()`,
  `(() => { Promise.prototype.then = function () { return this; }; return Promise.prototype.then.name === 'then' ? undefined : process; })()`,
  `await new Promise((resolve) => resolve({ then: (good) => good(good.constructor('return process')()) }))`,
  `await (async function* () { yield* { [Symbol.asyncIterator]: () => ({ next: (a) => a.constructor('return process')() }) }; })().next()`,
  `(() => { let got; const deep = () => { try { deep(); } catch { try { input.log('x'); } catch (error) { got ??= error; } throw got ?? 0; } }; try { deep(); } catch {} return got?.constructor.constructor('return process')(); })()`,
  `(() => { let got; const deep = () => { try { deep(); } catch { try { new URL('http://x/'); } catch (error) { got ??= error; } throw got ?? 0; } }; try { deep(); } catch {} return got?.constructor.constructor('return process')(); })()`,
  `(() => { let got; const deep = () => { try { deep(); } catch { try { crypto.getRandomValues(new Uint8Array(9)); } catch (error) { got ??= error; } throw got ?? 0; } }; try { deep(); } catch {} return got?.constructor.constructor('return process')(); })()`,
  `new Proxy(input.log, { apply: (target) => target.constructor('return process')() })()`,
  `JSON.parse('1', function () { return this.constructor.constructor('return process')(); })`,
  `JSON.stringify({ toJSON() { return JSON.stringify.caller; } }) && undefined`,
  `'x'.replace(/x/, (...all) => all.constructor.constructor('return process')())`,
  `new Intl.Collator().constructor.constructor('return process')()`,
  `eval('process')`,
  `(0, eval)('process')`,
  `setTimeout('process')`,
  `await import(String('node:fs'))`,
  `await import(String('data:text/javascript,export default 1'))`,
  `require(String('node:fs'))`,
  `process.mainModule.require('node:child_process')`,
  `process.binding('fs')`,
  `new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))`,
  `new SharedArrayBuffer(8)`,
  `Atomics.wait(new Int32Array(8), 0, 0)`,
  `new ShadowRealm().evaluate('globalThis')`,
  `globalThis._ivm ?? globalThis.ivm ?? globalThis.$0 ?? globalThis.ossiaPlugin`,
  `new Worker('data:text/javascript,1')`,
  `fetch('http://127.0.0.1/')`,
  `new WebSocket('ws://127.0.0.1/')`,
  `Deno.env ?? Bun.env`,
];

/** Everything that leads on from the globals, the device, the input and what calls answer and throw. */
const walk = `
  const calls = [() => device.coa.coa({ 'No-Such': 1 }), () => device.coa.coa(Symbol()), () => device.coa.disconnect()];
  const answers = [];
  for (const call of calls) try { const promise = call(); answers.push(promise, await promise); } catch (error) { answers.push(error); }
  const seen = new Set(), odd = [];
  const waiting = [[globalThis, 'globalThis'], [device, 'device'], [input, 'input'], [answers, 'answers'], [refuse, 'refuse']];
  const engine = ['applySync', 'applyIgnored', 'applySyncPromise', 'derefInto', 'copySync', 'copyInto', 'createContext',
    'compileScript', 'runInContext', 'release', 'evalSync', 'getHeapStatistics'];
  const kinds = ['Reference', 'ExternalCopy', 'Isolate', 'Context', 'Callback', 'Script', 'Module', 'NativeModule', 'Socket', 'Buffer'];
  while (waiting.length > 0) {
    const [value, path] = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    // Of another realm: its chain does not end in this one's Object.prototype.
    let top = value;
    while (Object.getPrototypeOf(top) !== null) top = Object.getPrototypeOf(top);
    if (top !== Object.prototype && !Object.isFrozen(top) && top !== value) odd.push(path + ' is of another realm');
    const name = Object.getOwnPropertyDescriptor(value, 'constructor')?.value?.name;
    if (kinds.includes(name)) odd.push(path + ' is a ' + name);
    for (const key of Reflect.ownKeys(value)) {
      const where = path + '.' + String(key);
      if (engine.includes(key)) odd.push(where);
      const { value: held, get, set } = Reflect.getOwnPropertyDescriptor(value, key);
      waiting.push([held, where], [get, where + ' get'], [set, where + ' set']);
      if (get && seen.size < 20_000) try { waiting.push([Reflect.get(value, key), where + '()']); } catch {}
    }
    waiting.push([Object.getPrototypeOf(value), path + '.__proto__']);
  }
  return { odd, seen: seen.size };`;

/** All that can be read from inside, as one text. */
const read = `
  const texts = [JSON.stringify(input)];
  const take = (error) => texts.push(String(error), error?.stack, JSON.stringify(error, Object.getOwnPropertyNames(Object(error))));
  for (const call of [() => device.coa.coa({ 'User-Name': 'x' }), () => device.coa.coa({ 'No-Such': 'x' }), () => device.coa.coa(1), () => device.coa.coa({ 'User-Name': 'x'.repeat(300) })])
    try { texts.push(JSON.stringify(await call())); } catch (error) { take(error); }
  try { device.ssh.run('x'); } catch (error) { take(error); }
  const seen = new Set(), waiting = [globalThis, device, input];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') texts.push(value);
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === 'function') texts.push(Function.prototype.toString.call(value));
    for (const key of Reflect.ownKeys(value)) { texts.push(String(key)); const d = Reflect.getOwnPropertyDescriptor(value, key); waiting.push(d.value, d.get, d.set); }
  }
  const text = texts.join('\\n');
  for (let at = 0; at < 60_000; at += 4000) input.log(text.slice(at, at + 4000));
  if (account.step === 'throw') throw new Error(text);
  return text;`;

/** Each stays for the next run when it works. */
const pollution: readonly string[] = [
  'Object.prototype.polluted = 1',
  'Array.prototype.polluted = 1',
  'Array.prototype.push = () => 0',
  'Array.prototype[Symbol.iterator] = null',
  'Function.prototype.call = () => 0',
  'String.prototype.slice = () => "x"',
  'Map.prototype.get = () => 0',
  'Promise.prototype.then = () => 0',
  'Promise.resolve = () => 0',
  'JSON.parse = () => ({})',
  'JSON.stringify = () => "{}"',
  'Reflect.get = () => 0',
  'Error.prepareStackTrace = () => "x"',
  'Error.stackTraceLimit = 0',
  'Error.prototype.toString = () => "x"',
  'globalThis.polluted = 1',
  'globalThis.JSON = {}',
  'globalThis.console = {}',
  'Object.defineProperty(Object.prototype, "then", { value: (good) => good("hijacked"), configurable: true })',
  'Object.defineProperty(Object.prototype, "toJSON", { value: () => "hijacked", configurable: true })',
  'Object.defineProperty(Object.prototype, "verdict", { value: "gone", configurable: true })',
  'Object.setPrototypeOf(Object.prototype, { polluted: 1 })',
  'Object.setPrototypeOf(Array.prototype, { polluted: 1 })',
  'Object.getPrototypeOf(async () => {}).polluted = 1',
  'Object.getPrototypeOf(Object.getPrototypeOf(new Map().entries())).polluted = 1',
  'URL.prototype.toString = () => "x"',
  'crypto.getRandomValues = (all) => all',
  'device.polluted = 1',
  'device.coa.coa = () => 0',
  'input.account.__proto__.polluted = 1',
  'refuse.prototype.polluted = 1',
  'delete globalThis.JSON',
];

const body = (lines: readonly string[]): string =>
  lines.map((line) => `[${JSON.stringify(line)}, async function () { return ${line}; }],`).join('\n');

const attacks: Readonly<Record<string, string>> = {
  escapes: `
    const got = [];
    const isOwn = (value) => (typeof value !== 'object' && typeof value !== 'function') || value === null || Object(value) instanceof Object;
    for (const [line, run] of [${body(escapes)}]) {
      try {
        const value = await run.call(undefined);
        if (!isOwn(value) || (Object(value) === value && ['env', 'pid', 'binding', 'getBuiltinModule'].some((name) => name in value))) got.push(line);
      } catch (error) {
        if (!isOwn(error)) got.push(line + ' threw something foreign');
      }
    }
    return got;`,
  walk,
  read,
  pollution: `
    if (account.step === 'do') {
      left.mine = 1;
      for (const [, run] of [${body(pollution)}]) try { await run(); } catch {}
      return null;
    }
    try { await device.coa.coa({ 'No-Such': 1 }); } catch (error) { left.said = error.message; }
    return { polluted: [({}).polluted, [].polluted, typeof globalThis.polluted], text: JSON.stringify({ a: [1] }), awaited: await ({ a: 1 }), left,
      frames: new Error('x').stack.split('\\n').length, slice: 'abc'.slice(1), device: Object.keys(device.coa) };`,
  neighbour: `left.mine = (left.mine ?? 0) + 1; return left.mine;`,
  'neighbour of that': 'return left.mine ?? 0;',
};

let hostile: HostileSite;
beforeAll(async () => {
  hostile = await openHostileSite({
    before: 'const left = {};',
    // Much is tried in one run.
    limits: { cpu: '2s', deadline: '10s' },
    attacks,
    env: { OSSIA_TEST_SECRET: secrets.environment },
    profile: (name, site) => ({
      // A box that answers nobody who has this secret.
      transports: {
        coa: {
          host: '127.0.0.1',
          port: 9,
          secret: site.secret('own', secrets.own),
          timeouts: { initial: '100ms', longest: '100ms', total: '300ms' },
        },
      },
      ...(name === 'walk' && { radius: { secret: site.secret('other', secrets.other) } }),
    }),
  });
});
afterAll(() => hostile?.close());

async function report(name: string, account: Readonly<Record<string, string>> = {}): Promise<unknown> {
  hostile.load.phase(name);
  const { status, body } = await hostile.look(name, account);
  expect(status).toBe(200);
  expect(body).toMatchObject({ result: 'answered' });
  return (body as { report: unknown }).report;
}

test('none of the known ways out leads anywhere', { timeout: 60_000 }, async () => {
  expect(await report('escapes')).toEqual([]);
});

test('all that can be reached is plain and of the guest’s own realm', { timeout: 60_000 }, async () => {
  const { odd, seen } = (await report('walk')) as { odd: string[]; seen: number };
  expect(odd).toEqual([]);
  expect(seen).toBeGreaterThan(500);
});

test('no secret is seen from inside, nor kept anywhere when a plugin spreads all that it sees', {
  timeout: 60_000,
}, async () => {
  const text = JSON.stringify(await report('read'));
  expect(text.length).toBeGreaterThan(5_000);
  hostile.load.phase('read, thrown');
  const thrown = await hostile.attack('read', { step: 'throw' });
  expect(thrown).toMatchObject({ state: 'refused', code: 'plugin_error' });
  const said = [text, JSON.stringify(thrown), JSON.stringify(hostile.daemon.log)];
  for (const path of ['/v1/nas', '/v1/jobs?limit=100', '/metrics', '/readyz', '/v1/audit'])
    said.push(JSON.stringify((await hostile.daemon.call('GET', path)).body));
  const workers = childrenOf(hostile.daemon.pid).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--jitless'),
  );
  expect(workers.length).toBeGreaterThan(0);
  for (const pid of workers)
    for (const file of ['cmdline', 'environ']) said.push(readFileSync(`/proc/${pid}/${file}`, 'utf8'));
  const data = join(hostile.site.directory, 'data');
  for (const file of readdirSync(data, { withFileTypes: true }))
    if (file.isFile()) said.push(readFileSync(join(data, file.name), 'utf8'));
  for (const secret of Object.values(secrets))
    for (const form of [secret, JSON.stringify(secret).slice(1, -1)])
      expect(said.filter((one) => one.includes(form)).map((one) => one.slice(0, 200))).toEqual([]);
});

test('what one run does to the built-ins is not there for the next, nor for the host', {
  timeout: 60_000,
}, async () => {
  expect(await report('pollution', { step: 'do' })).toBe(null);
  expect(await report('pollution', { step: 'look' })).toMatchObject({
    polluted: [null, null, 'undefined'],
    text: '{"a":[1]}',
    awaited: { a: 1 },
    slice: 'bc',
    device: ['coa', 'disconnect'],
    // The plugin's own variables are its own: they live as long as its isolate.
    left: { mine: 1, said: expect.stringContaining('No-Such') },
  });
});

test('profiles of one plugin share no variable', { timeout: 60_000 }, async () => {
  expect(await report('neighbour')).toBe(1);
  expect(await report('neighbour')).toBe(2);
  expect(await report('neighbour of that')).toBe(0);
});

test('every event of the healthy boxes was done', { timeout: 60_000 }, async () => {
  hostile.load.phase('after');
  await hostile.seconds(2);
  await hostile.finish();
  console.log(hostile.load.table());
});
