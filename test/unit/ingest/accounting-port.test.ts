// A packet whose sender no answer can reach: sent past the system's own UDP, as who repeats a packet that he overheard would.
import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { startAccountingListener } from '#core/ingest/accounting-listener.ts';
import { accountingRequest, openAccountingClient, secret } from '#test/support/accounting-client.ts';
import { until } from '#test/support/until.ts';

const fromPortZero = `
import socket, struct, sys
packet = bytes.fromhex(sys.argv[1])
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
raw.sendto(struct.pack('!HHHH', 0, int(sys.argv[2]), 8 + len(packet), 0) + packet, ('127.0.0.1', 0))`;

test('a packet from port 0, to which nothing can be sent, is dropped, and the next one is answered', async () => {
  let kept = 0;
  const listener = await startAccountingListener({
    host: '127.0.0.1',
    port: 0,
    clients: () => ({ nas: 'bras-1', secret, requireMessageAuthenticator: 'if-present' }),
    sink: async () => void kept++,
    log: { warn: () => {} },
  });
  onTestFinished(listener.close);
  const nas = await openAccountingClient(listener.port);
  onTestFinished(nas.close);
  const request = accountingRequest({
    attributes: [
      [40, 1],
      [44, '81000001'],
      [1, 'Иванов'],
    ],
  });

  execFileSync('python3', ['-c', fromPortZero, request.toString('hex'), String(listener.port)]);
  await until(() => listener.stats().received === 1);
  expect(listener.stats()).toMatchObject({ dropped: { port: 1 }, inFlight: 0 });
  expect(kept).toBe(0);

  nas.send(request);
  await until(() => nas.received.length === 1);
  expect(kept).toBe(1);
});
