// More packets than the disk takes: which are dropped, and that what is dropped is taken when it comes again.
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountingRecord, AccountingSink } from '#core/ingest/accounting.ts';
import { startAccountingListener } from '#core/ingest/accounting-listener.ts';
import { isInterim } from '#core/ingest/accounting-record.ts';
import { verifyResponse } from '#core/transport/radius/authenticator.ts';
import { accountingRequest, openAccountingClient, secret } from '#test/support/accounting-client.ts';
import { until } from '#test/support/until.ts';

async function open({ maxInFlight, sink }: { readonly maxInFlight: number; readonly sink: AccountingSink }) {
  const records: AccountingRecord[] = [];
  const results: string[] = [];
  const listener = await startAccountingListener({
    host: '127.0.0.1',
    port: 0,
    clients: () => ({ nas: 'bras-1', secret, requireMessageAuthenticator: 'if-present' }),
    sink: async (record) => {
      await sink(record);
      records.push(record);
    },
    log: { warn: () => {} },
    count: (result) => results.push(result),
    maxInFlight,
  });
  onTestFinished(() => listener.close());
  const nas = await openAccountingClient(listener.port);
  onTestFinished(() => nas.close());
  return { listener, nas, records, results };
}

test('more packets than may wait for the disk are dropped and counted', async () => {
  const durable = Promise.withResolvers<void>();
  const { nas, listener } = await open({ maxInFlight: 2, sink: () => durable.promise });

  for (const identifier of [1, 2, 3])
    nas.send(
      accountingRequest({
        attributes: [
          [40, 1],
          [44, '1'],
        ],
        identifier,
      }),
    );
  await until(() => listener.stats().received === 3);
  expect(listener.stats()).toMatchObject({ inFlight: 2, dropped: { overload: 1 } });
  durable.resolve();

  await until(() => nas.received.length === 2);
});

test('when much waits, Interim-Updates are dropped before all else, and are taken when they come again later', async () => {
  const durable = Promise.withResolvers<void>();
  const { nas, listener, records, results } = await open({
    maxInFlight: 6,
    sink: () => durable.promise,
  });
  const packet = (identifier: number, status: number) =>
    accountingRequest({
      identifier,
      attributes: [
        [1, 'Иванов'],
        [44, String(identifier)],
        [40, status],
      ],
    });
  // Three Interim-Updates are half of the room; then a Start, a Stop and an On take the rest.
  const sent = [3, 3, 3, 3, 1, 3, 2, 3, 7, 1].map((status, identifier) => packet(identifier, status));
  for (const [at, datagram] of sent.entries()) {
    nas.send(datagram);
    await until(() => listener.stats().received === at + 1);
  }
  expect(listener.stats()).toMatchObject({ inFlight: 6, dropped: { overload: 1, overload_interim: 3 } });
  expect(results.filter((result) => result === 'overload_interim')).toHaveLength(3);
  durable.resolve();
  await until(() => nas.received.length === 6);
  expect(records.map(({ status }) => status)).toEqual(['interim', 'interim', 'interim', 'start', 'stop', 'on']);

  nas.send(sent[3] as Buffer);
  await until(() => nas.received.length === 7);
  const requestAuthenticator = (sent[3] as Buffer).subarray(4, 20);
  const datagram = nas.received[6] as Buffer;
  expect(verifyResponse({ datagram, requestAuthenticator, secret, policy: 'if-present' })).toBe('ok');
});

test('what cannot be read is never taken for an Interim-Update that may be dropped', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void isInterim(Buffer.from(bytes))));
  expect(
    isInterim(
      accountingRequest({
        attributes: [
          [33, 'x'.repeat(250)],
          [40, 3],
        ],
      }),
    ),
  ).toBe(true);
  expect(
    isInterim(
      accountingRequest({
        attributes: [
          [40, 2],
          [40, 3],
        ],
      }),
    ),
  ).toBe(false);
  expect(isInterim(Buffer.from([4, 1, 0, 26, ...new Array(16).fill(0), 0, 0, 40, 6, 0, 0, 0, 3]))).toBe(false);
});
