// The proxies before simulated boxes: what goes through, what is lost, and that a box is whole again when the fault is over.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startTcpProxy, type TcpFault } from '#core/simulator/tcp-proxy.ts';
import { startUdpProxy } from '#core/simulator/udp-proxy.ts';

/** Answers every line with itself, and counts the lines. */
async function startEcho() {
  const lines: string[] = [];
  const server = createServer((socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      while (text.includes('\n')) {
        const line = text.slice(0, text.indexOf('\n') + 1);
        text = text.slice(line.length);
        lines.push(line);
        socket.write(line);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy = await startTcpProxy({ port });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  return { lines, proxy };
}

/** What came back until the connection ended, or until so many bytes were there. */
async function ask(
  port: number,
  text: string,
  bytes = Buffer.byteLength(text),
): Promise<{ got: string; chunks: number; how: string }> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const { promise, resolve } = Promise.withResolvers<string>();
  let got = Buffer.alloc(0);
  let chunks = 0;
  socket.on('data', (chunk) => {
    got = Buffer.concat([got, chunk]);
    chunks += 1;
    if (got.length >= bytes) resolve('answered');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
  socket.on('close', () => resolve('closed'));
  const timer = setTimeout(() => resolve('silence'), 500);
  socket.write(text);
  const how = await promise;
  clearTimeout(timer);
  socket.destroy();
  return { got: got.toString(), chunks, how };
}

test.each<[TcpFault | null, string, string]>([
  [null, 'answered', 'алиса\n'],
  ['slow', 'answered', 'алиса\n'],
  ['split', 'answered', 'алиса\n'],
  ['reset', 'ECONNRESET', ''],
  ['half-open', 'silence', ''],
  ['lost-answer', 'closed', ''],
])('by TCP with %s a question is %s', async (fault, how, got) => {
  const { lines, proxy } = await startEcho();
  proxy.set(fault);
  expect(await ask(proxy.port, 'алиса\n')).toMatchObject({ how, got });
  // The box took what was lost only on the way back.
  expect(lines).toEqual(how === 'answered' || fault === 'lost-answer' ? ['алиса\n'] : []);

  proxy.set(null);
  expect(await ask(proxy.port, 'bob\n')).toMatchObject({ how: 'answered', got: 'bob\n' });
});

test('by TCP with cut-answer no more than one byte of the answer comes', async () => {
  const { proxy } = await startEcho();
  proxy.set('cut-answer');
  const { got, how } = await ask(proxy.port, 'alice\n');
  expect(['a', '']).toContain(got);
  expect(['ECONNRESET', 'closed']).toContain(how);
});

test('by UDP requests and answers are dropped, doubled and late, each alone', async () => {
  const box = createSocket('udp4');
  const taken: string[] = [];
  box.on('message', (text, from) => {
    taken.push(text.toString());
    box.send(`re ${text}`, from.port, from.address);
  });
  box.bind(0, '127.0.0.1');
  await once(box, 'listening');
  const proxy = await startUdpProxy({ port: box.address().port, secret: 'x' });
  const client = createSocket('udp4');
  const got: string[] = [];
  client.on('message', (text) => got.push(text.toString()));
  client.bind(0, '127.0.0.1');
  await once(client, 'listening');
  onTestFinished(async () => {
    client.close();
    await proxy.close();
    box.close();
  });
  const send = (text: string) => client.send(text, proxy.port, '127.0.0.1');
  /** The last one goes through without harm, behind all before it. */
  const settled = async () => {
    proxy.set(null);
    send('end');
    while (!got.includes('re end')) await once(client, 'message');
    return { taken: taken.splice(0), got: got.splice(0) };
  };

  proxy.set('drop-request');
  send('a');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await settled()).toEqual({ taken: ['end'], got: ['re end'] });

  proxy.set('drop-answer');
  send('b');
  await once(box, 'message');
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await settled()).toEqual({ taken: ['b', 'end'], got: ['re end'] });

  proxy.set('duplicate');
  send('c');
  while (got.length < 4) await once(client, 'message');
  expect(await settled()).toEqual({ taken: ['c', 'c', 'end'], got: ['re c', 're c', 're c', 're c', 're end'] });

  proxy.set('delay');
  send('d');
  await once(client, 'message');
  expect(await settled()).toEqual({ taken: ['d', 'end'], got: ['re d', 're end'] });
});
