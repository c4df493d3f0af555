// The host's side of the wire: lines out of chunks, messages out of lines, nothing else let through.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineBuffer } from '#core/sandbox/line-buffer.ts';
import { parseArguments, parseGuestEnd, parseToHost } from '#core/sandbox/parse-to-host.ts';

test('line buffer gives the same lines however the bytes are cut', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), fc.integer({ min: 1, max: 9 }), (lines, step) => {
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      const buffer = createLineBuffer(() => 1e6);
      const out: string[] = [];
      for (let at = 0; at < bytes.length; at += step) out.push(...(buffer.push(bytes.subarray(at, at + step)) ?? []));
      expect(out).toEqual(lines.map((text) => Buffer.from(text).toString()));
    }),
  );
});

test('line buffer refuses a line that is too long', () => {
  const buffer = createLineBuffer(() => 10);
  expect(buffer.push(Buffer.from('12345678'))).toEqual([]);
  expect(buffer.push(Buffer.from('12345678'))).toBeNull();
});

const call = { type: 'call', guest: 1, run: 2, call: 3, transport: 'coa', method: 'coa', args: '[]' };

test('parseToHost takes a message of the protocol and drops what else it holds', () => {
  expect(parseToHost(JSON.stringify({ ...call, extra: 1 }))).toEqual(call);
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['an unknown type', '{"type":"shutdown","guest":1,"run":1}'],
  ['a negative guest', JSON.stringify({ ...call, guest: -1 })],
  ['a guest that is a text', JSON.stringify({ ...call, guest: '1' })],
  ['a run that is not whole', JSON.stringify({ ...call, run: 1.5 })],
  ['arguments that are not a text', JSON.stringify({ ...call, args: [] })],
  ['an unknown fault', '{"type":"fault","guest":1,"run":1,"fault":"constructor"}'],
  ['usage of nonsense', '{"type":"pong","id":1,"usage":[{"guest":1,"cpuMs":"1","longMs":0,"heapBytes":1}]}'],
  ['usage without end', '{"type":"pong","id":1,"usage":[{"guest":1,"cpuMs":1e999,"longMs":0,"heapBytes":1}]}'],
  ['hooks that are not names', '{"type":"loaded","guest":1,"hooks":[1],"besides":[]}'],
])('parseToHost refuses %s', (_name, line) => {
  expect(parseToHost(line)).toBeNull();
});

test('parseToHost and parseGuestEnd never throw, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseToHost(text);
      parseGuestEnd(text);
      parseArguments(text);
    }),
  );
});

test('parseArguments puts back what was left out as undefined', () => {
  expect(parseArguments('{"length":3,"0":"menu","2":["a"]}')).toEqual(['menu', undefined, ['a']]);
  expect(parseArguments('{"length":1e9}')).toBeNull();
  expect(parseArguments('7')).toBeNull();
});

test('parseGuestEnd lets a delay through only when it is one', () => {
  const end = (afterMs: string): unknown =>
    parseGuestEnd(`{"type":"verdict","verdict":"retry","reason":"r","afterMs":${afterMs}}`);
  expect(end('1500')).toEqual({ type: 'verdict', verdict: 'retry', reason: 'r', afterMs: 1500 });
  expect(end('-1')).toEqual({ type: 'verdict', verdict: 'retry', reason: 'r' });
});
