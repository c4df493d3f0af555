// The accounting listener over real UDP on loopback: who gets an answer, who gets none, and what counts which.
import { hash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { AccountingRecord } from '#core/ingest/accounting.ts';
import {
  type AccountingListener,
  type AccountingListenerOptions,
  startAccountingListener,
} from '#core/ingest/accounting-listener.ts';
import { verifyResponse } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import { codes } from '#core/transport/radius/packet.ts';
import {
  type AccountingTestClient,
  accountingRequest,
  openAccountingClient,
  type RequestOptions,
  secret,
} from '#test/support/accounting-client.ts';
import { until } from '#test/support/until.ts';

const start = [
  [40, 1],
  [44, '81000001'],
  [1, 'Иванов'],
] as const;

let closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

interface Bench {
  readonly listener: AccountingListener;
  readonly nas: AccountingTestClient;
  readonly records: AccountingRecord[];
  readonly warnings: object[];
  readonly results: string[];
}

async function open(changes: Partial<AccountingListenerOptions> = {}): Promise<Bench> {
  const records: AccountingRecord[] = [];
  const warnings: object[] = [];
  const results: string[] = [];
  const listener = await startAccountingListener({
    host: '127.0.0.1',
    port: 0,
    clients: (address) =>
      address === '127.0.0.1' ? { nas: 'bras-1', secret, requireMessageAuthenticator: 'if-present' } : undefined,
    sink: async (record) => void records.push(record),
    log: { warn: (fields) => warnings.push(fields) },
    count: (result) => results.push(result),
    ...changes,
  });
  const nas = await openAccountingClient(listener.port);
  closers.push(listener.close, nas.close);
  return { listener, nas, records, warnings, results };
}

function check(response: Buffer | undefined, request: Buffer, options: Partial<RequestOptions> = {}) {
  if (response === undefined) throw new Error('no response');
  const requestAuthenticator = request.subarray(4, 20);
  const policy = options.messageAuthenticator ? 'always' : 'if-present';
  expect(verifyResponse({ datagram: response, requestAuthenticator, secret, policy })).toBe('ok');
  const decoded = decode(response);
  if (!decoded.ok) throw new Error(decoded.reason);
  expect(decoded.packet).toMatchObject({ code: codes.accountingResponse, identifier: request[1] });
  return decoded.packet;
}

test('a Start is given to the sink and answered', async () => {
  const { nas, records, listener, results } = await open();
  const request = accountingRequest({ attributes: start });

  nas.send(request);

  await until(() => nas.received.length === 1);
  expect(check(nas.received[0], request).attributes).toEqual([]);
  expect(records).toMatchObject([{ nas: 'bras-1', status: 'start', acctSessionId: '81000001', userName: 'Иванов' }]);
  expect(listener.stats()).toMatchObject({ received: 1, answered: 1, inFlight: 0 });
  expect(results).toEqual(['start']);
});

test('nothing is answered before the sink resolves', async () => {
  const durable = Promise.withResolvers<void>();
  const { nas, listener } = await open({ sink: () => durable.promise });
  const request = accountingRequest({ attributes: start });

  nas.send(request);
  nas.send(request);
  await until(() => listener.stats().inProgress === 1);
  expect(nas.received).toEqual([]);
  durable.resolve();

  await until(() => nas.received.length === 1);
  check(nas.received[0], request);
});

test('what is kept after the listener has closed is answered no more, and does no harm', async () => {
  const durable = Promise.withResolvers<void>();
  const { nas, listener } = await open({ sink: () => durable.promise });
  nas.send(accountingRequest({ attributes: start }));
  await until(() => listener.stats().inFlight === 1);
  closers.shift();

  await listener.close();
  durable.resolve();

  await until(() => listener.stats().inFlight === 0);
  expect(nas.received).toEqual([]);
}, 20_000);

test('a retransmission gets the same bytes again and reaches the sink once', async () => {
  const { nas, records, listener } = await open();
  const request = accountingRequest({ attributes: [...start, [33, 'proxy']], messageAuthenticator: true });

  nas.send(request);
  await until(() => nas.received.length === 1);
  nas.send(request);
  await until(() => nas.received.length === 2);

  expect(nas.received[1]).toEqual(nas.received[0]);
  expect(records).toHaveLength(1);
  expect(listener.stats()).toMatchObject({ answered: 1, repeated: 1 });
});

test('a retransmission after thirty seconds is taken like new', async () => {
  let time = 1_000_000;
  const { nas, records } = await open({ now: () => time });
  const request = accountingRequest({ attributes: start });

  nas.send(request);
  await until(() => nas.received.length === 1);
  time += 30_001;
  nas.send(request);
  await until(() => nas.received.length === 2);

  expect(records).toHaveLength(2);
});

test('another request under the same identifier is no retransmission', async () => {
  const { nas, records } = await open();
  const [first, second] = ['1', '2'].map((id) => accountingRequest({ attributes: [...start, [44, id]] }));
  if (first === undefined || second === undefined) throw new Error('two requests');

  for (const request of [first, second, first]) {
    const before = nas.received.length;
    nas.send(request);
    await until(() => nas.received.length > before);
    check(nas.received.at(-1), request);
  }

  expect(records.map(({ acctSessionId }) => acctSessionId)).toEqual(['1', '2', '1']);
});

test('a packet whose sink fails is not answered, and its retransmission is tried again', async () => {
  let failing = true;
  const { nas, listener, warnings } = await open({
    sink: () => (failing ? Promise.reject(new Error('disk full')) : Promise.resolve()),
  });
  const request = accountingRequest({ attributes: start });

  nas.send(request);
  await until(() => listener.stats().failed === 1);
  failing = false;
  nas.send(request);
  await until(() => nas.received.length === 1);

  expect(listener.stats()).toMatchObject({ failed: 1, answered: 1, repeated: 0, inFlight: 0 });
  expect(warnings).toHaveLength(1);
});

test('a sink that throws costs the packet its answer and nothing else', async () => {
  const { nas, listener } = await open({
    sink: () => {
      throw new Error('bug');
    },
  });

  nas.send(accountingRequest({ attributes: start }));

  await until(() => listener.stats().failed === 1);
  expect(listener.stats().inFlight).toBe(0);
});

const wrong: readonly { it: string; reason: string; datagram: () => Buffer }[] = [
  {
    it: 'with a wrong authenticator',
    reason: 'authenticator',
    datagram: () => accountingRequest({ attributes: start, secret: Buffer.from('wrong') }),
  },
  {
    it: 'whose authenticator is all ones',
    reason: 'authenticator',
    datagram: () => accountingRequest({ attributes: start }).fill(0xff, 4, 20),
  },
  {
    it: 'changed on the way',
    reason: 'authenticator',
    datagram: () => {
      const packet = accountingRequest({ attributes: start });
      return packet.fill(2, 25, 26);
    },
  },
  {
    it: 'with a wrong Message-Authenticator',
    reason: 'message_authenticator',
    datagram: () => accountingRequest({ attributes: [...start, [80, Buffer.alloc(16)]] }),
  },
  { it: 'shorter than a header', reason: 'short', datagram: () => Buffer.from([4, 1, 0, 20]) },
  {
    it: 'longer by its own word than it is',
    reason: 'length',
    datagram: () => Buffer.concat([Buffer.from([4, 1, 0, 99]), Buffer.alloc(16)]),
  },
  {
    it: 'whose last attribute runs over its end',
    reason: 'attribute',
    datagram: () => signed(Buffer.from([40, 6, 0, 0, 0, 1, 44, 9, 65])),
  },
  {
    it: 'with an attribute of no length',
    reason: 'attribute',
    datagram: () => signed(Buffer.from([40, 6, 0, 0, 0, 1, 44, 0])),
  },
  {
    it: 'that is an Access-Request',
    reason: 'code',
    datagram: () => accountingRequest({ attributes: start, code: 1 }),
  },
  {
    it: 'that is a Status-Server without Message-Authenticator',
    reason: 'message_authenticator_missing',
    datagram: () => accountingRequest({ attributes: [], code: codes.statusServer }),
  },
  {
    it: 'that is a Status-Server of a stranger',
    reason: 'message_authenticator',
    datagram: () =>
      accountingRequest({
        attributes: [],
        code: codes.statusServer,
        messageAuthenticator: true,
        secret: Buffer.from('wrong'),
      }),
  },
];

/** Any bytes as the attributes of a request whose authenticator holds. */
function signed(attributes: Buffer): Buffer {
  const packet = Buffer.alloc(20 + attributes.length);
  packet[0] = codes.accountingRequest;
  packet[1] = 1;
  packet.writeUInt16BE(packet.length, 2);
  attributes.copy(packet, 20);
  hash('md5', Buffer.concat([packet, secret]), 'buffer').copy(packet, 4);
  return packet;
}

test.each(wrong)('a packet $it is dropped without an answer and counted as $reason', async ({ reason, datagram }) => {
  const { nas, listener, records, results } = await open();

  nas.send(datagram());
  await until(() => listener.stats().received === 1);
  // What is sent after it is answered alone.
  const good = accountingRequest({ attributes: start, identifier: 77 });
  nas.send(good);
  await until(() => nas.received.length > 0);

  check(nas.received[0], good);
  expect(records).toHaveLength(1);
  expect(listener.stats().dropped).toMatchObject({ [reason]: 1 });
  expect(results).toEqual([reason, 'start']);
});

test('a packet from an unknown client is dropped, and answered once a profile knows it', async () => {
  let known = false;
  const { nas, listener } = await open({
    clients: () => (known ? { nas: 'bras-1', secret, requireMessageAuthenticator: 'if-present' } : undefined),
  });
  const request = accountingRequest({ attributes: start });

  nas.send(request);
  await until(() => listener.stats().dropped.unknown_client === 1);
  known = true;
  nas.send(request);

  await until(() => nas.received.length === 1);
  check(nas.received[0], request);
});

test('a client that must send a Message-Authenticator gets no answer without one', async () => {
  const { nas, listener } = await open({
    clients: () => ({ nas: 'bras-1', secret, requireMessageAuthenticator: 'always' }),
  });
  const good = accountingRequest({ attributes: start, messageAuthenticator: true, identifier: 2 });

  nas.send(accountingRequest({ attributes: start }));
  nas.send(good);

  await until(() => nas.received.length === 1);
  check(nas.received[0], good);
  expect(listener.stats().dropped.message_authenticator_missing).toBe(1);
});

test('a forger fills the log with one line', async () => {
  const { nas, listener, warnings } = await open();

  for (let identifier = 0; identifier < 100; identifier++)
    nas.send(accountingRequest({ attributes: start, identifier, secret: Buffer.from('wrong') }));
  await until(() => listener.stats().dropped.authenticator === 100);

  expect(warnings).toEqual([{ reason: 'authenticator', packets: 1, last_from: '127.0.0.1' }]);
});

test('Status-Server is answered and reaches no sink', async () => {
  const { nas, listener, records } = await open();
  const request = accountingRequest({ attributes: [], code: codes.statusServer, messageAuthenticator: true });

  nas.send(request);

  await until(() => nas.received.length === 1);
  check(nas.received[0], request, { messageAuthenticator: true });
  expect(records).toEqual([]);
  expect(listener.stats().statusServer).toBe(1);
});

test('a status that is none of ours is acknowledged and forgotten', async () => {
  const { nas, listener, records } = await open();
  const request = accountingRequest({
    attributes: [
      [40, 15],
      [44, '1'],
    ],
  });

  nas.send(request);

  await until(() => nas.received.length === 1);
  check(nas.received[0], request);
  expect(records).toEqual([]);
  expect(listener.stats().ignored).toBe(1);
});

test('every Proxy-State comes back in its order, and nothing else', async () => {
  const { nas } = await open();
  const request = accountingRequest({
    attributes: [[33, 'one'], ...start, [33, 'two'], [33, 'one']],
    messageAuthenticator: true,
  });

  nas.send(request);

  await until(() => nas.received.length === 1);
  const { attributes } = check(nas.received[0], request);
  expect(attributes.map(({ type }) => type)).toEqual([33, 33, 33]);
  expect(attributes.map(({ value }) => value.toString())).toEqual(['one', 'two', 'one']);
});

test('closing answers what is still being written and takes nothing more', async () => {
  const durable = Promise.withResolvers<void>();
  const { nas, listener } = await open({ sink: () => durable.promise });
  nas.send(accountingRequest({ attributes: start }));
  await until(() => listener.stats().inFlight === 1);

  const closed = listener.close();
  closers = closers.filter((close) => close !== listener.close);
  durable.resolve();
  await closed;

  await until(() => nas.received.length === 1);
});

test('an IPv4 client is known by its own address on a socket for both families', async () => {
  const asked: string[] = [];
  const { listener } = await open({
    host: '::',
    clients: (address) => {
      asked.push(address);
      return { nas: 'bras-1', secret, requireMessageAuthenticator: 'if-present' };
    },
  });
  for (const host of ['127.0.0.1', '::1']) {
    const nas = await openAccountingClient(listener.port, host);
    closers.push(nas.close);
    nas.send(accountingRequest({ attributes: start }));
    await until(() => nas.received.length === 1);
  }

  expect(asked).toEqual(['127.0.0.1', '::1']);
});

test('a port that is taken is an error at the start', async () => {
  const { listener } = await open();

  await expect(open({ port: listener.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
