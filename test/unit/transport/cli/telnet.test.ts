// The telnet codec: what is negotiated, what is text, and that no bytes of a box upset it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTelnetCodec } from '#core/transport/cli/telnet.ts';

const IAC = 255;
const [DONT, DO, WONT, WILL, SB, SE] = [254, 253, 252, 251, 250, 240];

function answerTo(...bytes: number[]): number[] {
  return [...createTelnetCodec().receive(Uint8Array.from(bytes)).reply];
}

test('echo and suppressed go-aheads are taken, all else of the box is refused', () => {
  expect(answerTo(IAC, WILL, 1)).toEqual([IAC, DO, 1]);
  expect(answerTo(IAC, WILL, 3)).toEqual([IAC, DO, 3]);
  for (const option of [0, 5, 34, 39, 255]) expect(answerTo(IAC, WILL, option)).toEqual([IAC, DONT, option]);
});

test('the size of the window goes with 255 doubled, the rest of our side is refused', () => {
  expect(answerTo(IAC, DO, 31)).toEqual([IAC, WILL, 31, IAC, SB, 31, 1, 255, 255, 3, 232, IAC, SE]);
  for (const option of [0, 1, 32, 33, 34, 35, 36, 39]) expect(answerTo(IAC, DO, option)).toEqual([IAC, WONT, option]);
});

test('the type of the terminal is told to who asked for it properly', () => {
  expect(answerTo(IAC, SB, 24, 1, IAC, SE)).toEqual([]);
  const asked = answerTo(IAC, DO, 24, IAC, SB, 24, 1, IAC, SE);
  expect(Buffer.from(asked).toString('latin1')).toBe('\xff\xfb\x18\xff\xfa\x18\0VT100\xff\xf0');
});

test('what is so already is not answered, so that nobody answers for ever', () => {
  const codec = createTelnetCodec();
  const will = Uint8Array.from([IAC, WILL, 1]);
  expect(codec.receive(will).reply).toHaveLength(3);
  expect(codec.receive(will).reply).toHaveLength(0);
  expect([...codec.receive(Uint8Array.from([IAC, WONT, 1])).reply]).toEqual([IAC, DONT, 1]);
  expect(codec.receive(Uint8Array.from([IAC, WONT, 1])).reply).toHaveLength(0);
});

test('a return is a return, a doubled 255 is one, and what is sent is put so too', () => {
  const codec = createTelnetCodec();
  const came = Uint8Array.from([65, 13, 0, 66, 13, 10, IAC, IAC, 67, IAC, 241, 68]);
  expect([...codec.receive(came).data]).toEqual([65, 13, 66, 13, 10, 255, 67, 68]);
  expect([...codec.send('a\rb\r\nя')]).toEqual([97, 13, 0, 98, 13, 10, 0xd1, 0x8f]);
});

/** Bytes of a box with more commands among them than chance would give. */
const bytes = fc.array(
  fc.oneof(fc.constantFrom(IAC, IAC, SB, SE, DO, DONT, WILL, WONT, 1, 3, 24, 31, 13, 0, 10), fc.nat(255)),
  { maxLength: 400 },
);

test('no bytes upset it, and how they are cut changes nothing', () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.nat(400), { maxLength: 8 }), (stream, cuts) => {
      const whole = createTelnetCodec().receive(Uint8Array.from(stream));
      expect(whole.data.length).toBeLessThanOrEqual(stream.length);
      const codec = createTelnetCodec();
      const places = [0, ...cuts.filter((at) => at < stream.length).sort((a, b) => a - b), stream.length];
      const parts = places.slice(1).map((end, at) => codec.receive(Uint8Array.from(stream.slice(places[at], end))));
      expect(Buffer.concat(parts.map(({ data }) => data))).toEqual(whole.data);
      expect(Buffer.concat(parts.map(({ reply }) => reply))).toEqual(whole.reply);
    }),
    { numRuns: 2_000 },
  );
});

test('a box that demands without end is left without answers', () => {
  const codec = createTelnetCodec();
  let answered = 0;
  for (let round = 0; round < 1_000; round += 1)
    answered += codec.receive(
      Uint8Array.from(Array.from({ length: 300 }, (_, at) => [IAC, DO, 32 + (at % 200)]).flat()),
    ).reply.length;
  expect(answered).toBeLessThan(10_000);
});

test('an option without an end keeps no bytes', () => {
  const codec = createTelnetCodec();
  codec.receive(Uint8Array.from([IAC, SB, 24]));
  const { data, reply } = codec.receive(new Uint8Array(1_000_000));
  expect([data.length, reply.length]).toEqual([0, 0]);
  expect(codec.receive(Uint8Array.from([IAC, SE, 65])).data.toString()).toBe('A');
});

test('what is sent comes back as it was, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const { data, reply } = createTelnetCodec().receive(createTelnetCodec().send(text));
      expect(data).toEqual(Buffer.from(text));
      expect(reply).toHaveLength(0);
    }),
  );
});
