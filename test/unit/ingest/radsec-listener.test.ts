// The RadSec listener over real TLS on loopback: what it drops when too much waits for the disk, and that it closes in time.
import { once } from 'node:events';
import { connect as plain } from 'node:net';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountingSink } from '#core/ingest/accounting.ts';
import { startRadsecListener } from '#core/ingest/radsec-listener.ts';
import { createPacketReader } from '#core/transport/radius/stream.ts';
import { accountingRequest } from '#test/support/accounting-client.ts';
import { makeAuthority } from '#test/support/certificates.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';

async function open({ sink, maxInFlight }: { readonly sink: AccountingSink; readonly maxInFlight: number }) {
  const authority = await makeAuthority(tempDir());
  const [server, client] = await Promise.all([authority.issue('ossia.example'), authority.issue('bras-1.example')]);
  const counted: string[] = [];
  const listener = await startRadsecListener({
    host: '127.0.0.1',
    port: 0,
    tls: { cert: server.cert, key: server.key, ca: authority.cert },
    clients: () => ({ nas: 'bras-1', requireMessageAuthenticator: 'if-present' }),
    sink,
    log: { warn: () => {} },
    maxInFlight,
    count: (result) => counted.push(result),
  });
  const box = async () => {
    const { cert, key } = client;
    const socket = connect({ port: listener.port, host: '127.0.0.1', ca: authority.cert, cert, key });
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    const answered: number[] = [];
    const read = createPacketReader((response) => answered.push(response[1] as number));
    socket.on('data', (bytes) => void read(bytes));
    return { socket, answered };
  };
  return { listener, counted, box };
}

const packet = (identifier: number, status: number): Buffer =>
  accountingRequest({
    identifier,
    attributes: [
      [1, 'Иванов'],
      [44, String(identifier)],
      [40, status],
    ],
    secret: Buffer.from('radsec'),
  });

test('when much waits, Interim-Updates are dropped before all else, over all connections', async () => {
  const durable = Promise.withResolvers<void>();
  const { listener, counted, box } = await open({ sink: () => durable.promise, maxInFlight: 6 });
  onTestFinished(() => listener.close());
  const [one, two] = [await box(), await box()];

  const sent = [3, 3, 3, 3, 1, 3, 2, 3, 7, 1];
  for (const [identifier, status] of sent.entries()) {
    (identifier % 2 === 0 ? one : two).socket.write(packet(identifier, status));
    await until(() => counted.length === identifier + 1);
  }
  expect(counted).toEqual([
    ...['interim', 'interim', 'interim', 'overload_interim', 'start', 'overload_interim', 'stop', 'overload_interim'],
    ...['on', 'overload'],
  ]);
  durable.resolve();
  await until(() => one.answered.length + two.answered.length === 6);
  expect([...one.answered, ...two.answered].sort()).toEqual([0, 1, 2, 4, 6, 8]);

  two.socket.write(packet(9, 1));
  await until(() => two.answered.includes(9));
});

test('closing waits for nobody whose handshake does not come', async () => {
  const { listener } = await open({ sink: async () => {}, maxInFlight: 6 });
  const silent = plain(listener.port, '127.0.0.1');
  silent.on('error', () => {});
  onTestFinished(() => void silent.destroy());
  await once(silent, 'connect');
  // It is known to the listener, too, once it has taken another that came after it.
  const other = plain(listener.port, '127.0.0.1', () => other.write('no TLS'));
  other.on('error', () => {});
  await once(other, 'close');

  await Promise.all([listener.close(), once(silent, 'close')]);
  // A handshake has ten seconds, this test has less.
}, 8_000);
