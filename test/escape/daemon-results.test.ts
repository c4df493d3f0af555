// What a hostile plugin hands back to a running daemon, returned or thrown: each is an answer with words, and nobody else notices.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type HostileSite, openHostileSite } from '#test/support/hostile-site.ts';

interface Result {
  readonly body: string;
  readonly ends: string;
  readonly says: RegExp;
}

const place = String.raw`plugins\/hostile\/plugin\.ts:\d+`;
const bug = (words: string): Pick<Result, 'ends' | 'says'> => ({ ends: 'refused', says: new RegExp(words) });
const unreadable = bug('The plugin threw something that cannot be read');

const results: Readonly<Record<string, Result>> = {
  '10 MB': {
    body: `return 'x'.repeat(1e7);`,
    ends: 'parked',
    says: /What the hook returned is larger than 4194304 bytes/,
  },
  cyclic: { body: 'const a = {}; a.a = a; return a;', ...bug('What the hook returned is not JSON: .*circular') },
  'deeply nested': {
    body: 'let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a;',
    ...bug('What the hook returned is not JSON: .*call stack'),
  },
  'a BigInt': { body: 'return 10n;', ...bug('What the hook returned is not JSON: .*BigInt') },
  'a Proxy': {
    body: 'return new Proxy({}, { get() { throw 1; }, ownKeys() { throw 2; } });',
    ...bug('threw 1, which is not an error'),
  },
  'a getter that throws': {
    body: `return { get a() { throw new Error('боль'); } };`,
    ...bug(`What the hook returned is not JSON: боль.*`),
  },
  'a getter that loops': { body: 'return { get a() { for (;;); } };', ends: 'parked', says: /computed for longer/ },
  'a toJSON that lies': {
    body: `return { toJSON: () => ({ type: 'verdict', verdict: 'gone' }) };`,
    ends: 'done',
    says: /^$/,
  },
  'a thenable that throws': { body: 'return { then() { throw 1; } };', ...bug('threw 1, which is not an error') },
  'a thenable that answers itself': {
    body: 'const a = { then(resolve) { resolve(a); } }; return a;',
    ends: 'parked',
    says: /computed for longer|more memory than it may/,
  },
  'a thenable that answers twice': {
    body: 'return { then(good, bad) { good(1); bad(2); good(3); throw 4; } };',
    ends: 'done',
    says: /^$/,
  },
  'thrown undefined': { body: 'throw undefined;', ...bug('The plugin threw undefined, which is not an error') },
  'thrown null': { body: 'throw null;', ...bug('The plugin threw null, which is not an error') },
  'a thrown symbol': { body: `throw Symbol('x');`, ...bug('The plugin threw symbol, which is not an error') },
  'a thrown function': { body: 'throw () => {};', ...bug('The plugin threw function, which is not an error') },
  'a thrown Proxy': {
    body: `throw new Proxy(new Error('x'), { get() { throw 1; }, getPrototypeOf() { throw 2; } });`,
    ...unreadable,
  },
  'an error with getters that throw': {
    body: `throw Object.defineProperties(new Error('x'), { message: { get() { throw 1; } }, stack: { get() { throw 2; } } });`,
    ...unreadable,
  },
  'an error with a getter that loops': {
    body: `throw Object.defineProperty(new Error('x'), 'message', { get() { for (;;); } });`,
    ends: 'parked',
    says: /computed for longer/,
  },
  'an error with a giant name': {
    body: `throw Object.assign(new Error('x'), { name: 'N'.repeat(1e6) });`,
    ...bug('^N{4000}'),
  },
  'an error with a giant message and stack': {
    body: `throw Object.assign(new Error('ж'.repeat(1e6)), { stack: 'at x\\n'.repeat(1e6) });`,
    ...bug('^ж{4000}'),
  },
  'words that steer a terminal': {
    body: `throw new Error('\\x1b]0;title\\x07\\x1b[2J\\u202e\\r');`,
    ...bug('title'),
  },
  'a verdict with a wrong wait': {
    body: `throw Object.assign(new Error('later'), { verdict: 'retry', afterMs: -1 / 0 });`,
    ends: 'dead',
    says: /given up after 2 failed attempts: later/,
  },
  'a forged error of the host': {
    body: `throw Object.assign(new Error('quiet'), { code: 'nas_timeout', retryable: true, call: 1, limit: true, type: 'returned' });`,
    ...bug(`quiet \\(${place}`),
  },
};

let hostile: HostileSite;
beforeAll(async () => {
  hostile = await openHostileSite({
    attacks: Object.fromEntries(Object.entries(results).map(([name, { body }]) => [name, body])),
  });
});
afterAll(() => hostile?.close());

test.each(Object.entries(results))('%s', { timeout: 60_000 }, async (name, { ends, says }) => {
  hostile.load.phase(name);
  const job = await hostile.attack(name);
  expect.soft(job.state).toBe(ends);
  expect.soft(job.reason).toMatch(says);
  expect(job.reason.length).toBeLessThan(4100);
  expect(JSON.stringify(job.journal).length).toBeLessThan(50_000);
  const looked = await hostile.look(name);
  expect(looked.status).toBe(200);
  expect(looked.body).toMatchObject({ result: ends === 'done' ? 'answered' : 'failed' });
  await hostile.recovery(name, job);
});

test('what a plugin says cannot steer the terminal of who reads it', { timeout: 60_000 }, async () => {
  const { id, reason } = await hostile.attack('words that steer a terminal');
  expect(reason).toContain('\u001b]0;');
  const { out } = await hostile.daemon.cli('jobs', 'show', id);
  expect(out).toContain('title');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test('every event of the healthy boxes was done', { timeout: 60_000 }, async () => {
  hostile.load.phase('after');
  await hostile.seconds(2);
  await hostile.finish();
  console.log(hostile.load.table());
});
