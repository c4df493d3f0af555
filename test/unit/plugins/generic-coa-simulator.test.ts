// The simulated box of generic-coa, datagram by datagram: whom it answers, and what it answers to the same bytes again.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { signRequest, verifyResponse } from '#core/transport/radius/authenticator.ts';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { codes } from '#core/transport/radius/packet.ts';
import { encodeAll } from '#core/transport/radius/values.ts';
import { startSimulator } from '../../../plugins/generic-coa/simulator.ts';

const dictionary = await loadDictionary('nas-profiles/dictionaries');
const online = { sessions: { alice: { 'Acct-Session-Id': '81000001', 'Framed-IP-Address': '100.64.0.7' } } };

interface Sending {
  readonly code?: number;
  readonly attributes?: Parameters<typeof encodeAll>[1];
  readonly key?: Buffer;
  readonly messageAuthenticator?: boolean;
  readonly identifier?: number;
}

async function startBox() {
  const simulator = await startSimulator({ state: online });
  const { port, secret } = simulator.transports['coa'] as { port: number; secret: string };
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(async () => {
    socket.close();
    await simulator.close();
  });

  function sign(sending: Sending): Buffer {
    const { code = codes.coaRequest, identifier = 1, key = Buffer.from(secret), messageAuthenticator = true } = sending;
    const attributes = encodeAll(dictionary, { 'User-Name': 'alice', ...sending.attributes });
    return signRequest({ code, identifier, attributes, secret: key, messageAuthenticator });
  }

  /** The answer, whose authenticators are right. */
  async function exchange(request: Buffer): Promise<Buffer> {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(5_000) }) as Promise<[Buffer]>;
    socket.send(request, port, '127.0.0.1');
    const [datagram] = await answered;
    const requestAuthenticator = request.subarray(4, 20);
    const check = { datagram, requestAuthenticator, secret: Buffer.from(secret), policy: 'always' } as const;
    expect(verifyResponse(check)).toBe('ok');
    return datagram;
  }

  return { simulator, socket, port, sign, exchange };
}

test('the same bytes again get the same answer, and are done once', async () => {
  const { simulator, sign, exchange } = await startBox();
  let taken = 0;
  simulator.onExchange(() => (taken += 1));
  const request = sign({ code: codes.disconnectRequest });
  const first = await exchange(request);
  expect(first[0]).toBe(codes.disconnectAck);
  expect((await exchange(request)).equals(first)).toBe(true);
  expect(taken).toBe(1);
  const another = sign({ code: codes.disconnectRequest, attributes: { 'Acct-Session-Id': '81000001' } });
  expect((await exchange(another))[0]).toBe(codes.disconnectNak);
});

test('what is not signed, signed otherwise or old gets no answer', async () => {
  const { simulator, socket, port, sign, exchange } = await startBox();
  const ignored = [
    sign({ messageAuthenticator: false, identifier: 2 }),
    sign({ key: Buffer.from('another'), identifier: 3 }),
    sign({ attributes: { 'Event-Timestamp': Math.floor(Date.now() / 1000) - 400 }, identifier: 4 }),
    sign({ code: codes.accountingRequest, identifier: 5 }),
    Buffer.from('no RADIUS at all'),
  ];
  for (const datagram of ignored) socket.send(datagram, port, '127.0.0.1');
  const answer = await exchange(sign({ attributes: { 'Filter-Id': 'x' }, identifier: 9 }));
  expect([answer[0], answer[1]]).toEqual([codes.coaAck, 9]);
  expect(simulator.state()).toEqual({ sessions: { alice: { ...online.sessions.alice, 'Filter-Id': 'x' } } });
});

test.each([
  ['another Acct-Session-Id', codes.coaRequest, { 'Acct-Session-Id': '81000002' }, 503],
  ['another address', codes.disconnectRequest, { 'Framed-IP-Address': '100.64.0.8' }, 503],
  ['an attribute that the session lacks', codes.coaRequest, { 'Calling-Station-Id': '02-00-00-00-00-01' }, 503],
  ['a vendor attribute in a Disconnect', codes.disconnectRequest, { 'Mikrotik-Rate-Limit': '1k/1k' }, 401],
])('%s is refused, and the session stays as it was', async (_what, code, attributes, cause) => {
  const { simulator, sign, exchange } = await startBox();
  const answer = await exchange(sign({ code, attributes }));
  expect(answer[0]).toBe(code + 2);
  expect(answer.subarray(-4).readUInt32BE(0)).toBe(cause);
  expect(simulator.state()).toEqual(online);
});
