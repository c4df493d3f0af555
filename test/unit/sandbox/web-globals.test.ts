// What an isolate has beside the language: the same code gives the same in a real isolate and in Node, whose own is the model.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { Guest, Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
});
afterAll(() => sandbox.close());

interface Twin {
  guest: Guest;
  /** Gives what the isolate answered, beside what Node did. */
  both(...given: unknown[]): Promise<{ inside: unknown; here: unknown }>;
}

/** `body` is of a function of `given`, and returns what JSON can hold; an error counts as its name. */
async function twin(body: string): Promise<Twin> {
  const tried = `try { ${body} } catch (error) { return 'threw ' + (error.name === 'TypeError' ? error.name : 'another'); }`;
  const guest = await sandbox.load(programOf(`user_add({ given }) { ${tried} }`));
  const here = new Function('given', tried);
  return {
    guest,
    async both(...given) {
      const result = await guest.run(callOf('user_add', { input: { given } }));
      if (result.type !== 'returned') throw new Error(JSON.stringify(result));
      return { inside: result.value, here: JSON.parse(JSON.stringify(here(given) ?? null)) };
    },
  };
}

const texts = [
  '',
  'алиса',
  'Ё €𝄞 日本',
  '\ud800 alone',
  'end \udc00',
  '\udc00\ud800',
  'a\ud83d',
  '\ufeffmark',
  '\0\u007f\u0080\u07ff\u0800\uffff',
];
const anyText = fc.string({ unit: 'binary' });
const anyBytes = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
const oddBytes = [
  [0xc0, 0x80],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf0, 0x9d, 0x84],
  [0xf0, 0x9d, 0x41],
  [0xef, 0xbb, 0xbf, 0xd0],
  [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
  [0xff, 0xfe],
];

test('TextEncoder writes what Node writes, surrogates without their other half included', async () => {
  const { guest, both } = await twin(`const coder = new TextEncoder(), small = new Uint8Array(5);
    return [[...coder.encode(given[0])], coder.encodeInto(given[0], small), [...small], coder.encoding];`);
  const same = async (text: string) => {
    const { inside, here } = await both(text);
    expect(inside).toEqual(here);
  };
  for (const text of texts) await same(text);
  await fc.assert(fc.asyncProperty(anyText, same), { numRuns: 150 });
  await guest.close();
});

test('TextDecoder reads what Node reads: what is no UTF-8 replaced or refused, in one piece or in parts', async () => {
  const { guest, both } = await twin(`const [bytes, cut, fatal, ignoreBOM] = given, all = new Uint8Array(bytes);
    const decoder = new TextDecoder('UTF-8', { fatal, ignoreBOM });
    const inParts = decoder.decode(all.subarray(0, cut), { stream: true }) + decoder.decode(all.subarray(cut));
    const whole = decoder.decode(all);
    // Node loses a mark that it is to keep when the text comes in parts.
    return [inParts === whole || 'process' in globalThis, whole, decoder.decode(all.buffer), decoder.fatal, decoder.ignoreBOM];`);
  const same = async (bytes: number[], cut: number, fatal: boolean, bom: boolean) => {
    const { inside, here } = await both(bytes, cut, fatal, bom);
    expect(inside).toEqual(here);
  };
  for (const bytes of [...oddBytes, ...texts.map((text) => [...Buffer.from(text)])])
    for (const fatal of [true, false]) for (const cut of [0, 1, 2]) await same(bytes, cut, fatal, cut === 1);
  const parts = [anyBytes, fc.integer({ min: 0, max: 40 }), fc.boolean(), fc.boolean()] as const;
  await fc.assert(fc.asyncProperty(...parts, same), { numRuns: 200 });
  await guest.close();
});

test('TextDecoder reads a long text', async () => {
  const { guest, both } = await twin(
    `const text = 'ж𝄞a'.repeat(given[0]); return new TextDecoder().decode(new TextEncoder().encode(text)) === text;`,
  );
  expect(await both(3000)).toEqual({ inside: true, here: true });
  await guest.close();
});

test('atob and btoa agree with Node, refusals included', async () => {
  const { guest, both } = await twin('const f = given[0] === "atob" ? atob : btoa; return f(given[1]);');
  const same = async (name: string, text: string) => {
    const { inside, here } = await both(name, text);
    expect(inside, `${name} ${JSON.stringify(text)}`).toEqual(here);
  };
  const latin = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text).toString('latin1'));
  await fc.assert(
    fc.asyncProperty(latin, (text) => same('btoa', text)),
    { numRuns: 80 },
  );
  await fc.assert(
    fc.asyncProperty(latin, (text) => same('atob', btoa(text))),
    { numRuns: 80 },
  );
  for (const text of ['', 'YQ', 'YQ==', ' Y Q = =\n', 'YQ=', 'Y', 'YQ===', 'Y=Q=', 'a-_b', 'жжжж', '====', 'YWJj'])
    await same('atob', text);
  await same('btoa', 'алиса');
  await guest.close();
});

const urls = [
  ['https://Иван:пароль@Пример.РФ:8443/путь/../a b?q=é&x=1#якорь'],
  ['../b?c', 'http://10.0.0.1/a/d/e'],
  ['//box', 'https://a/'],
  ['http://[2001:DB8::1]:80/'],
  ['http://0x7f.1/'],
  ['mailto:alice@example.net'],
  ['http://[::1'],
  ['not a url'],
  ['x', ''],
  [''],
  ['http://a b/'],
  ['file:///C|/x'],
  ['http://user@/'],
  ['http://xn--a/'],
];

test('URL reads, resolves and refuses as Node does', async () => {
  const { guest, both } = await twin(`const url = new URL(...given);
    const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
    return [href, origin, protocol, username, password, host, hostname, port, pathname, search, hash, String(url), JSON.stringify(url),
      [...url.searchParams], URL.canParse(...given), URL.parse(...given).href];`);
  for (const given of urls) {
    const { inside, here } = await both(...given);
    expect(inside, given.join(' ')).toEqual(here);
  }
  const parts = fc.webUrl({ withQueryParameters: true, withFragments: true });
  await fc.assert(
    fc.asyncProperty(fc.oneof(parts, anyText), async (text) => {
      const { inside, here } = await both(text);
      expect(inside).toEqual(here);
    }),
    { numRuns: 150 },
  );
  await guest.close();
});

test('what is set on a URL changes it as it does in Node, and its searchParams with it', async () => {
  const { guest, both } =
    await twin(`const url = new URL('http://user:p@box.example:8080/a/b?c=d&c=e#f'), { searchParams } = url;
    for (const [name, value] of given) url[name] = value;
    const seen = [url.href, [...searchParams]];
    searchParams.append('имя', 'a b&c'); searchParams.delete('c', 'e'); searchParams.set('c', '2'); searchParams.sort();
    seen.push(url.href, url.search, searchParams === url.searchParams, searchParams.size);
    for (const name of [...searchParams.keys()]) searchParams.delete(name);
    return [...seen, url.href];`);
  const changes: [string, string][][] = [
    [],
    [['protocol', 'https']],
    [
      ['host', 'other:81'],
      ['port', 'x'],
    ],
    [
      ['hostname', 'коробка'],
      ['port', '443'],
      ['protocol', 'https:'],
    ],
    [
      ['username', 'Иван'],
      ['password', ''],
    ],
    [
      ['pathname', '/a b/ж'],
      ['hash', ''],
    ],
    [['search', '?x=1&y=ж&=&z']],
    [['href', 'ftp://files/?q']],
    [['href', 'no url']],
  ];
  for (const list of changes) {
    const { inside, here } = await both(...list);
    expect(inside, JSON.stringify(list)).toEqual(here);
  }
  await guest.close();
});

test('URLSearchParams reads and writes forms as Node does', async () => {
  const { guest, both } = await twin(`const params = new URLSearchParams(given[0]), seen = [];
    params.forEach((value, name) => seen.push(name + '>' + value));
    return [String(params), [...params], seen, [...params.values()], params.get('a'), params.getAll('a'), params.has('a', '1'), params.size,
      String(new URLSearchParams(params))];`);
  const queries: unknown[] = [
    '?a=1&a=2&b',
    'a=%D0%B6+%2B&%=%zz&&=',
    '%ff%fe=%D0',
    'a=\ud800',
    { a: "ж !'()~*-._", b: 2 },
    [
      ['a', '1'],
      ['a', 'é&='],
    ],
    [['a']],
    [1],
    '',
  ];
  for (const query of queries) {
    const { inside, here } = await both(query);
    expect(inside, JSON.stringify(query)).toEqual(here);
  }
  // Where both are in one text, Node takes the low byte of the letter.
  const withoutPercent = anyText.map((text) => text.replaceAll('%', 'ж'));
  const formText = fc.string({ unit: fc.constantFrom(...'a1=&%+?D0bf') });
  await fc.assert(
    fc.asyncProperty(fc.oneof(withoutPercent, formText), async (query) => {
      const { inside, here } = await both(query);
      expect(inside).toEqual(here);
    }),
    { numRuns: 150 },
  );
  await guest.close();
});

test('structuredClone copies data to its depth, what points to itself included, and refuses what does more', async () => {
  const { guest, both } =
    await twin(`const self = { list: [1, , { ж: null }], at: new Date(7), pattern: /a/giu, none: undefined };
    self.self = self; self.twice = self.list;
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    const given2 = { self, map: new Map([[self, new Set(['x', self])]]), bytes, view: new DataView(bytes.buffer, 1, 2),
      error: new RangeError('why', { cause: self }), boxed: Object(1n), number: Object(5) };
    const copy = structuredClone(given2), other = copy.self;
    const refused = [() => 1, Symbol('x'), { a: [() => 1] }, new WeakMap(), Promise.resolve()].map((what) => {
      try { structuredClone(what); return 'taken'; } catch (error) { return error.name; }
    });
    return [other !== self, other.self === other, other.twice === other.list, other.list, 1 in other.list, 'none' in other, other.at.getTime(),
      String(other.pattern), copy.map.get(other).has(other), [...copy.bytes], copy.bytes.buffer !== bytes.buffer, copy.view.getUint8(0),
      copy.error instanceof RangeError, copy.error.message, copy.error.cause === other, typeof copy.boxed, copy.number + 1, refused];`);
  const { inside, here } = await both();
  expect(inside).toEqual(here);
  await guest.close();
});

test('randomness differs between isolates, and fills what it is given', async () => {
  const body = `const bytes = crypto.getRandomValues(new Uint8Array(32)), words = new Uint32Array(4);
    const same = crypto.getRandomValues(words) === words;
    return { seen: [[...bytes].join(), crypto.randomUUID(), [...words].join(), String(Math.random())], same };`;
  const guests = await Promise.all(
    Array.from({ length: 20 }, (_, n) => sandbox.load(programOf(`user_add() { ${body} } /* ${n} */`))),
  );
  const results = await Promise.all(guests.flatMap((guest) => [1, 2].map(() => guest.run(callOf('user_add')))));
  const values = results.map((result) => (result.type === 'returned' ? result.value : result)) as {
    seen: string[];
    same: boolean;
  }[];
  for (const at of [0, 1, 2, 3]) expect(new Set(values.map(({ seen }) => seen[at])).size).toBe(40);
  expect(values.every(({ same }) => same)).toBe(true);
  for (const { seen } of values)
    expect(seen[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await Promise.all(guests.map((guest) => guest.close()));
});

test('randomness is refused for what holds no integers, and for too much', async () => {
  const { guest, both } = await twin(
    'try { return crypto.getRandomValues(new globalThis[given[0]](given[1])).length; } catch { return "refused"; }',
  );
  for (const given of [
    ['Float64Array', 2],
    ['Array', 2],
    ['Uint8Array', 65_537],
    ['BigInt64Array', 3],
  ]) {
    const { inside, here } = await both(...given);
    expect(inside).toEqual(here);
  }
  await guest.close();
});

const names = 'TextDecoder TextEncoder URL URLSearchParams atob btoa crypto structuredClone'.split(' ');

test('nothing of it can be changed, so no run leaves a trap in it for the next', async () => {
  const guest = await sandbox.load(
    programOf(`user_add() {
      'use strict';
      const seen = new Set(), changed = [], waiting = ${JSON.stringify(names)}.map((name) => [name, globalThis[name]]);
      for (const [name] of waiting) for (const attempt of [() => { globalThis[name] = 1; }, () => { delete globalThis[name]; }])
        try { attempt(); changed.push(name); } catch {}
      while (waiting.length > 0) {
        const [path, value] = waiting.pop();
        if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue;
        seen.add(value);
        const holds = typeof value === 'object' || Object.hasOwn(value, 'prototype');
        if (holds && !Object.isFrozen(value)) changed.push(path);
        waiting.push([path + '.__proto__', Object.getPrototypeOf(value)]);
        for (const key of Reflect.ownKeys(value)) {
          const { value: inner, get } = Object.getOwnPropertyDescriptor(value, key);
          waiting.push([path + '.' + String(key), inner], [path + '.' + String(key), get]);
        }
      }
      return { changed, looked: seen.size > 40 };
    }`),
  );
  expect(await guest.run(callOf('user_add'))).toEqual({ type: 'returned', value: { changed: [], looked: true } });
  await guest.close();
});

test('code is made of text for them only: a plugin finds no way to it', async () => {
  const guest = await sandbox.load(
    programOf(`user_add() {
      const makers = [URL, TextDecoder, atob, crypto.randomUUID, new URLSearchParams().entries, Object.getOwnPropertyDescriptor(globalThis, 'URL').get];
      return makers.map((maker) => { try { return maker.constructor('return 1')(); } catch (error) { return error.name; } });
    }`),
  );
  expect(await guest.run(callOf('user_add'))).toEqual({ type: 'returned', value: Array(6).fill('TypeError') });
  await guest.close();
});

test('a flood of questions to the worker is cut like any other computing', async () => {
  const guest = await sandbox.load(
    programOf(
      `user_add() { const long = 'http://a/' + 'é'.repeat(60_000); for (;;) try { URL.canParse(long); } catch {} }`,
    ),
  );
  const result = await guest.run(callOf('user_add', { withinMs: 8000 }));
  expect(result).toMatchObject({ type: 'failed', error: { code: 'cpu_exceeded' } });
  await guest.close();
});
