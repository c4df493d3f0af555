// The coa transport towards a recording NAS: identical retransmissions, Identifiers, forged answers, every way to fail.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { createCoaDefinition } from '#core/transport/coa/coa.ts';
import type { coaConfig } from '#core/transport/coa/config.ts';
import { encodeResponse, verifyRequest } from '#core/transport/radius/authenticator.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusAttribute } from '#core/transport/radius/packet.ts';
import type { Transport } from '#core/transport/transport.ts';
import { freeUdpPort } from '#test/support/free-udp-port.ts';
import { until } from '#test/support/until.ts';
import { callContext } from './call-context.ts';
import { startNasRecorder } from './nas-recorder.ts';

const definition = createCoaDefinition(await loadDictionary('nas-profiles/dictionaries'));
const secret = Buffer.from('testing123');
const fast = { initial: '50ms', longest: '400ms', total: '30s' };
const alice = { 'User-Name': 'алиса', 'Mikrotik-Rate-Limit': '10M/50M' };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

function connect(port: number, more: Partial<z.input<typeof coaConfig>> = {}): Transport {
  const config = definition.config.parse({ host: '127.0.0.1', port, secret: 'testing123', timeouts: fast, ...more });
  const transport = definition.connect(config, { nas: 'bras-1', log: () => undefined });
  opened.push(transport);
  return transport;
}

async function nas(...args: Parameters<typeof startNasRecorder>) {
  const recorder = await startNasRecorder(...args);
  opened.push(recorder);
  return recorder;
}

describe('a CoA-Request', () => {
  test('carries a valid Message-Authenticator first and the time of now, and its ACK is the result', async () => {
    const box = await nas((received) =>
      received.answer(codes.coaAck, [{ vendor: 0, type: 18, value: Buffer.from('сделано') }]),
    );
    const context = callContext();
    const answer = await connect(box.port).call('coa', [alice], context);
    expect(answer).toEqual({ code: 'CoA-ACK', attributes: { 'Reply-Message': 'сделано' } });
    const [sent] = box.received;
    expect(verifyRequest(sent?.bytes as Buffer, secret, 'always')).toBe('ok');
    expect(sent?.packet.attributes.map(({ type }) => type)).toEqual([80, 1, 8, 55]);
    const time = sent?.packet.attributes.find(({ type }) => type === 55)?.value.readUInt32BE(0) ?? 0;
    expect(Math.abs(time - Date.now() / 1_000)).toBeLessThan(5);
    const id = sent?.packet.identifier;
    expect(context.exchanges).toEqual([
      {
        kind: 'sent',
        text: expect.stringMatching(
          new RegExp(`^CoA-Request id=${id} User-Name="алиса" Mikrotik-Rate-Limit="10M/50M" Event-Timestamp=`),
        ),
      },
      { kind: 'received', text: `CoA-ACK id=${id} Reply-Message="сделано"` },
    ]);
  });

  test('carries neither when the profile says so', async () => {
    const box = await nas((received) => received.answer(codes.coaAck));
    await connect(box.port, { message_authenticator: false, event_timestamp: false }).call(
      'coa',
      [alice],
      callContext(),
    );
    expect(box.received[0]?.packet.attributes.map(({ type }) => type)).toEqual([1, 8]);
    expect(verifyRequest(box.received[0]?.bytes as Buffer, secret, 'if-present')).toBe('ok');
  });

  test('is described for a dry run as it is journalled, with secrets masked', () => {
    const described = connect(1).describe('coa', [{ ...alice, 'Cisco-Subscriber-Password': 'hunter2' }]);
    expect(described).toBe('CoA-Request User-Name="алиса" Mikrotik-Rate-Limit="10M/50M" Cisco-Subscriber-Password=***');
  });

  test('is refused before anything is sent when an attribute is wrong', async () => {
    const box = await nas();
    const transport = connect(box.port);
    const call = transport.call('coa', [{ 'Framed-IP-Address': 'nowhere' }], callContext());
    await expect(call).rejects.toMatchObject({ code: 'arguments_invalid', message: /Framed-IP-Address/ });
    expect(box.received).toHaveLength(0);
  });

  test('is refused when it does not fit a packet, and the Identifier is not lost', async () => {
    const box = await nas((received) => received.answer(codes.coaAck));
    const transport = connect(box.port);
    const big = { Class: Array.from({ length: 20 }, () => 'x'.repeat(253)) };
    for (let run = 0; run < 300; run++)
      await expect(transport.call('coa', [big], callContext())).rejects.toMatchObject({ code: 'arguments_invalid' });
    await transport.call('coa', [alice], callContext());
    expect(new Set(box.received.map(({ fromPort }) => fromPort)).size).toBe(1);
  });
});

describe('an answer', () => {
  const cause = (code: number): RadiusAttribute => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(code);
    return { vendor: 0, type: 101, value: bytes };
  };
  const refusals: readonly [number, string, string][] = [
    [401, 'nas_refused', 'Unsupported-Attribute (401)'],
    [403, 'nas_refused', 'NAS-Identification-Mismatch (403)'],
    [404, 'nas_refused', 'Invalid-Request (404)'],
    [501, 'nas_refused', 'Administratively-Prohibited (501)'],
    [502, 'nas_busy', 'Proxy-Request-Not-Routable (502)'],
    [503, 'session_not_found', 'Session-Context-Not-Found (503)'],
    [504, 'nas_refused', 'Session-Context-Not-Removable (504)'],
    [505, 'nas_busy', 'Proxy-Processing-Error (505)'],
    [506, 'nas_busy', 'Resources-Unavailable (506)'],
    [507, 'nas_refused', 'Request-Initiated (507)'],
    [508, 'nas_refused', 'Multiple-Session-Selection-Unsupported (508)'],
    [999, 'nas_refused', 'Error-Cause (999)'],
  ];
  for (const [errorCause, code, said] of refusals) {
    test(`that is a NAK ${errorCause} becomes ${code}`, async () => {
      const box = await nas((received) => received.answer(codes.disconnectNak, [cause(errorCause)]));
      const call = connect(box.port).call('disconnect', [{ 'User-Name': 'a' }], callContext());
      await expect(call).rejects.toMatchObject({ code, said, details: { errorCause } });
    });
  }

  test('that is a NAK without a cause becomes nas_refused with what the box said', async () => {
    const box = await nas((received) =>
      received.answer(codes.coaNak, [{ vendor: 0, type: 18, value: Buffer.from('не могу') }]),
    );
    const call = connect(box.port).call('coa', [alice], callContext());
    await expect(call).rejects.toMatchObject({
      code: 'nas_refused',
      said: 'CoA-NAK without an Error-Cause: не могу',
      details: {},
    });
  });

  test('with a wrong authenticator, code or Message-Authenticator is ignored, and the genuine one after it counts', async () => {
    const box = await nas((received) => {
      received.answer(codes.coaAck, [], 'another secret');
      received.answer(codes.disconnectAck);
      received.answer(5);
      received.reply(Buffer.alloc(20, 0xff).fill(received.packet.identifier, 1, 2));
      const forged = encodeResponse({ request: received.packet, code: codes.coaAck, attributes: [], secret });
      forged.fill(0xff, 4, 20);
      received.reply(forged);
      received.reply(forged.subarray(0, 7));
      received.answer(codes.coaNak, [cause(506)]);
    });
    const context = callContext();
    await expect(connect(box.port).call('coa', [alice], context)).rejects.toMatchObject({ code: 'nas_busy' });
    expect(context.exchanges.map(({ kind }) => kind)).toEqual(['sent', 'log', 'log', 'log', 'log', 'received']);
  });

  test('from another port is not seen, though it is genuine', async () => {
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stranger, 'listening');
    const box = await nas(({ packet, fromPort }) => {
      const genuine = encodeResponse({ request: packet, code: codes.coaAck, attributes: [], secret });
      stranger.send(genuine, fromPort, '127.0.0.1');
    });
    const call = connect(box.port).call('coa', [alice], callContext(300));
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout', details: { ignoredAnswers: 0 } });
    stranger.close();
  });

  test('without a Message-Authenticator is ignored when the profile requires one', async () => {
    const box = await nas((received) => {
      const bare = { request: received.packet, code: codes.coaAck, attributes: [], secret };
      received.reply(encodeResponse({ ...bare, messageAuthenticator: false }));
    });
    const strict = connect(box.port, { require_message_authenticator: true });
    await expect(strict.call('coa', [alice], callContext(300))).rejects.toMatchObject({
      code: 'nas_timeout',
      message: expect.stringMatching(/message_authenticator_missing/),
    });
    await expect(connect(box.port).call('coa', [alice], callContext(300))).resolves.toBeDefined();
  });

  test('signed with another secret ends in a timeout that says so', async () => {
    const box = await nas((received) => received.answer(codes.coaAck, [], 'another secret'));
    const call = connect(box.port).call('coa', [alice], callContext(300));
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout', message: /is the secret the same on both sides/ });
  });
});

describe('a box that is silent', () => {
  test('gets the same bytes again, ever more slowly, until the deadline', async () => {
    const box = await nas();
    const context = callContext(1_000);
    const began = performance.now();
    const call = connect(box.port).call('coa', [alice], context);
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout', retryable: true });
    expect(performance.now() - began).toBeGreaterThan(950);
    expect(performance.now() - began).toBeLessThan(1_300);
    expect(box.received.length).toBeGreaterThanOrEqual(4);
    for (const { bytes } of box.received) expect(bytes.equals(box.received[0]?.bytes as Buffer)).toBe(true);
    const gaps = box.received.slice(1).map(({ at }, index) => at - (box.received[index]?.at as number));
    expect(gaps[1]).toBeGreaterThan((gaps[0] as number) * 1.4);
    expect(gaps[2]).toBeGreaterThan((gaps[1] as number) * 1.4);
    expect(context.exchanges.filter(({ text }) => text.includes('again'))).toHaveLength(box.received.length - 1);
  });

  test('is given up after the configured retransmissions', async () => {
    const box = await nas();
    const call = connect(box.port, { retransmissions: 2 }).call('coa', [alice], callContext(20_000));
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout' });
    expect(box.received).toHaveLength(3);
  });

  test('is given up after the configured total though the deadline is later', async () => {
    const box = await nas();
    const timeouts = { ...fast, total: '120ms' };
    const began = performance.now();
    const call = connect(box.port, { timeouts }).call('coa', [alice], callContext(20_000));
    await expect(call).rejects.toMatchObject({ code: 'nas_timeout' });
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('is answered in the end when it answers a retransmission', async () => {
    const box = await nas((received, count) => count === 3 && received.answer(codes.coaAck));
    await expect(connect(box.port).call('coa', [alice], callContext())).resolves.toMatchObject({ code: 'CoA-ACK' });
  });
});

test('a port where nobody listens is unreachable at once', async () => {
  const began = performance.now();
  const call = connect(await freeUdpPort(), { timeouts: { initial: '5s' } }).call('coa', [alice], callContext(10_000));
  await expect(call).rejects.toMatchObject({ code: 'nas_unreachable', message: /ECONNREFUSED/ });
  expect(performance.now() - began).toBeLessThan(2_000);
});

test('a host without an address, and a source that is not ours, are unreachable', async () => {
  const nowhere = connect(3_799, { host: 'bras..invalid' }).call('coa', [alice], callContext());
  await expect(nowhere).rejects.toMatchObject({ code: 'nas_unreachable' });
  const foreign = connect(3_799, { source: '192.0.2.1' }).call('coa', [alice], callContext());
  await expect(foreign).rejects.toMatchObject({ code: 'nas_unreachable', message: /EADDRNOTAVAIL/ });
});

test('a request is sent from the configured source', async () => {
  const box = await nas((received) => received.answer(codes.coaAck));
  await connect(box.port, { source: '127.0.0.1' }).call('coa', [alice], callContext());
  expect(box.received).toHaveLength(1);
});

test('a stop calls a waiting request off, and close does too', async () => {
  const box = await nas();
  const stop = new AbortController();
  const transport = connect(box.port);
  const stopped = transport.call('coa', [alice], callContext(10_000, stop.signal));
  const closed = transport.call('coa', [alice], callContext(10_000));
  await until(() => box.received.length >= 2);
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
  await transport.close();
  await expect(closed).rejects.toMatchObject({ code: 'aborted' });
  await expect(transport.call('coa', [alice], callContext())).rejects.toMatchObject({ code: 'aborted' });
});

test('no Identifier is in use twice on one socket, and more than 256 in flight get a second socket', async () => {
  const box = await nas();
  const transport = connect(box.port, { timeouts: { ...fast, initial: '20s', longest: '20s' } });
  const users = Array.from({ length: 600 }, (_, index) => ({ 'User-Name': `user${index}` }));
  const calls = users.map((user) => transport.call('coa', [user], callContext(15_000)));
  await until(() => box.received.length === 600);
  const places = new Set(box.received.map(({ fromPort, packet }) => `${fromPort}/${packet.identifier}`));
  expect(places.size).toBe(600);
  expect(new Set(box.received.map(({ fromPort }) => fromPort)).size).toBe(3);
  for (const received of [...box.received].reverse()) received.answer(codes.coaAck);
  await Promise.all(calls);
});

test('an Identifier rests as long as possible before it is used again', async () => {
  const box = await nas((received) => received.answer(codes.coaAck));
  const transport = connect(box.port);
  for (let run = 0; run < 300; run++) await transport.call('coa', [alice], callContext());
  const identifiers = box.received.map(({ packet }) => packet.identifier);
  expect(new Set(identifiers.slice(0, 256)).size).toBe(256);
  expect(identifiers.slice(256)).toEqual(identifiers.slice(0, 44));
});

test('a late answer does not count for the next request with its Identifier', async () => {
  const box = await nas((received, count) => {
    // The first of 257 is answered late, together with the one that has its Identifier now.
    if (count > 1 && count < 257) received.answer(codes.coaAck);
    if (count === 257) {
      box.received[0]?.answer(codes.coaAck);
      received.answer(codes.coaNak);
    }
  });
  const timeouts = { ...fast, initial: '5s' };
  const transport = connect(box.port, { timeouts });
  const stop = new AbortController();
  const first = transport.call('coa', [{ 'User-Name': 'first' }], callContext(10_000, stop.signal));
  await until(() => box.received.length === 1);
  stop.abort();
  await expect(first).rejects.toMatchObject({ code: 'aborted' });
  for (let run = 0; run < 255; run++) await transport.call('coa', [alice], callContext());
  const context = callContext();
  await expect(transport.call('coa', [alice], context)).rejects.toMatchObject({ code: 'nas_refused' });
  expect(box.received.at(-1)?.packet.identifier).toBe(box.received[0]?.packet.identifier);
  expect(context.exchanges.map(({ kind }) => kind)).toEqual(['sent', 'log', 'received']);
});

describe('the profile section', () => {
  const wrong: Record<string, object> = {
    'no secret': { host: '10.0.0.1' },
    'an empty secret': { host: '10.0.0.1', secret: '' },
    'a port above 65535': { host: '10.0.0.1', secret: 'x', port: 65_536 },
    'a timeout without a unit': { host: '10.0.0.1', secret: 'x', timeouts: { initial: '2' } },
    'a key it does not know': { host: '10.0.0.1', secret: 'x', retries: 3 },
    'a source that is a name': { host: '10.0.0.1', secret: 'x', source: 'eth0' },
  };
  for (const [what, config] of Object.entries(wrong)) {
    test(`is refused with ${what}`, () => {
      expect(definition.config.safeParse(config).success).toBe(false);
    });
  }

  test('has a default for everything but host and secret', () => {
    expect(definition.config.parse({ host: '10.0.0.1', secret: 'x' })).toEqual({
      host: '10.0.0.1',
      port: 3_799,
      secret: 'x',
      timeouts: { initial: 2_000, longest: 16_000, total: 30_000 },
      retransmissions: 5,
      message_authenticator: true,
      event_timestamp: true,
      require_message_authenticator: false,
    });
  });
});

describe('the arguments of a guest', () => {
  const parse = (value: unknown) => definition.methods['coa']?.args.safeParse(value).success;

  test('are attributes by name, with one value or several', () => {
    expect(parse([{ 'User-Name': 'a', Class: ['0x01', '0x02'], 'Session-Timeout': 5 }])).toBe(true);
  });

  test('are refused in any other shape', () => {
    for (const value of [[], [1], ['x'], [null], [{ a: null }], [{ a: {} }], [{ a: [[]] }], [{}, {}]])
      expect(parse(value), JSON.stringify(value)).toBe(false);
  });
});
