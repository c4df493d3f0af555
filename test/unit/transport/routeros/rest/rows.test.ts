// REST answers cut into rows as they come: what JSON.parse says of the whole, and no byte of a hostile answer believed.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { charsetOf } from '#core/transport/routeros/charset.ts';
import type { Row } from '#core/transport/routeros/menu.ts';
import { createRowReader } from '#core/transport/routeros/rest/rows.ts';

const utf8 = charsetOf('utf8');

function readAll(bytes: Buffer, sizes: readonly number[] = [], charset = utf8): Row[] {
  const reader = createRowReader(charset);
  const rows: Row[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    rows.push(...reader.push(bytes.subarray(at, at + size)).rows);
    at += size;
  }
  reader.end();
  return rows;
}

const read = (text: string) => readAll(Buffer.from(text));

test('a list, one object, and nothing', () => {
  expect(read('[{".id":"*1","comment":"Иванов \\"Иван\\" {]"},\r\n {}]')).toEqual([
    { '.id': '*1', comment: 'Иванов "Иван" {]' },
    {},
  ]);
  expect(read(' {"ret":"*A"}\n')).toEqual([{ ret: '*A' }]);
  expect([read(''), read(' \n'), read('[]'), read('[ ]')]).toEqual([[], [], [], []]);
});

test('numbers, truths and nulls are the texts that RouterOS would write', () => {
  expect(read('[{"a":1500,"b":true,"c":null}]')).toEqual([{ a: '1500', b: 'true', c: '' }]);
});

test('a property that is named __proto__ is a property', () => {
  expect(Object.entries(read('[{"__proto__":"x"}]')[0] ?? {})).toEqual([['__proto__', 'x']]);
});

test('one-byte Cyrillic is read as such', () => {
  const charset = charsetOf('win1251');
  expect(readAll(charset.encode('[{"comment":"Ёжик"}]'), [14, 1], charset)).toEqual([{ comment: 'Ёжик' }]);
});

test.each([
  '<html>webfig</html>',
  '[{"a":"b"}',
  '[{"a":"b"',
  '{"a":"b"}{"a":"b"}',
  '[{"a":"b"} {"a":"b"}]',
  '[,{"a":"b"}]',
  '[{"a":"b"},]',
  '[{"a":"b"}]]',
  '[[{"a":"b"}]]',
  '["a"]',
  '"a"',
  'null',
  '[{"a":{"b":"c"}}]',
  '[{"a":["b"]}]',
  '[{"a":"b"]',
  '[{a:"b"}]',
  '[{"a":"b}]',
])('%s is no answer', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'nas_protocol' }));
});

test('a row that does not end is given up before it fills the memory', () => {
  const reader = createRowReader(utf8);
  const piece = Buffer.alloc(1024 * 1024, 'я');
  reader.push(Buffer.from('[{"a":"'));
  let pieces = 0;
  expect(() => {
    for (; pieces < 100; pieces += 1) reader.push(piece);
  }).toThrow(expect.objectContaining({ code: 'nas_protocol' }));
  expect(pieces).toBeLessThan(20);
});

const texts = fc.string({ unit: 'binary', maxLength: 30 }).filter((text) => text.isWellFormed());
const row = fc.dictionary(texts, fc.oneof(texts, fc.constantFrom('"', '\\', '}', ']', '\\"', 'Иванов', '*1')));
const sizes = fc.array(fc.nat({ max: 40 }), { maxLength: 30 });

test('rows come out as they went in, however they are cut and spaced', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 6 }), sizes, fc.constantFrom(undefined, 1, '\t'), (rows, cuts, space) => {
      expect(readAll(Buffer.from(JSON.stringify(rows, null, space)), cuts)).toEqual(rows.map((one) => ({ ...one })));
    }),
    { numRuns: 500 },
  );
});

/** Mostly what could be an answer, with something done to it. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(
      fc.constantFrom('[', ']', '{', '}', '"', ',', ':', '\\', ' ', 'a', '"a":"b"', '{"a":"b"}', 'null', '1', '\u0000'),
      {
        maxLength: 40,
      },
    )
    .map((parts) => Buffer.from(parts.join(''))),
  fc.tuple(fc.array(row, { maxLength: 4 }), fc.nat(), fc.nat({ max: 255 })).map(([rows, at, byte]) => {
    const bytes = Buffer.from(JSON.stringify(rows));
    bytes[at % bytes.length] = byte;
    return bytes;
  }),
);

test('whatever comes is refused, or is what JSON says it is', () => {
  fc.assert(
    fc.property(hostile, sizes, (bytes, cuts) => {
      let rows: Row[];
      try {
        rows = readAll(bytes, cuts);
      } catch (error) {
        expect(error).toBeInstanceOf(OssiaError);
        expect(error).toMatchObject({ code: 'nas_protocol' });
        return;
      }
      const text = bytes.toString('utf8').trim();
      const value: unknown = text === '' ? [] : JSON.parse(text);
      const list = (Array.isArray(value) ? value : [value]) as Record<string, unknown>[];
      expect(rows.map((one) => Object.keys(one))).toEqual(list.map((one) => Object.keys(one)));
      for (const [at, one] of rows.entries())
        for (const [name, text] of Object.entries(one)) expect(text).toBe(String(list[at]?.[name] ?? ''));
    }),
    { numRuns: 2_000 },
  );
});
