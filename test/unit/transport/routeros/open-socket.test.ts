// TLS to a router: the right certificate is let through, any other is refused before a byte of the login is sent.
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openSocket, type RouterIdentity } from '#core/transport/routeros/open-socket.ts';
import { tempDir } from '#test/support/temp-dir.ts';

async function selfSigned() {
  const directory = tempDir();
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const subject = ['-subj', '/CN=bras-1', '-addext', 'subjectAltName=DNS:bras-1', '-keyout', key, '-out', cert];
  await promisify(execFile)('openssl', [...request, ...subject]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function startTlsRouter() {
  const pair = await selfSigned();
  const received: string[] = [];
  const server = createTlsServer(pair, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => received.push(String(data)));
    socket.on('end', () => socket.end());
  });
  server.on('tlsClientError', () => undefined);
  const port = await listen(server);
  const fingerprint = new X509Certificate(pair.cert).fingerprint256.replaceAll(':', '');
  return { port, fingerprint, ca: pair.cert, received };
}

async function open(port: number, tls: RouterIdentity | null, afterMs = 5_000) {
  const deadline = { signal: new AbortController().signal, deadline: Date.now() + afterMs };
  const socket = await openSocket({ host: '127.0.0.1', port, tls }, deadline);
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

test('a router is known by the fingerprint of its certificate', async () => {
  const { port, fingerprint } = await startTlsRouter();
  expect((await open(port, { fingerprint })).destroyed).toBe(false);
});

test('a router is known by its authority and the name in its certificate', async () => {
  const { port, ca } = await startTlsRouter();
  expect((await open(port, { ca, servername: 'bras-1' })).destroyed).toBe(false);
});

test.each([
  ['another fingerprint', () => ({ fingerprint: 'ab'.repeat(32) })],
  ['a right fingerprint that the authority did not sign', (right: string) => ({ fingerprint: right, ca: '' })],
  ['no authority that we know', () => ({})],
] as const)('a router with %s is refused and told nothing', async (_name, identity) => {
  const { port, fingerprint, received } = await startTlsRouter();
  await expect(open(port, identity(fingerprint))).rejects.toMatchObject({ code: 'nas_identity' });
  expect(received).toEqual([]);
});

test('a router whose certificate is for another name is refused', async () => {
  const { port, ca } = await startTlsRouter();
  await expect(open(port, { ca, servername: 'bras-2' })).rejects.toMatchObject({ code: 'nas_identity' });
});

test('a plain port is told from a router with the wrong certificate', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.resume();
    socket.end('this is no TLS at all, whatever you say\r\n');
  });
  await expect(open(await listen(server), {})).rejects.toMatchObject({ code: 'nas_protocol' });
});

test('a port that accepts and says nothing is given up at the deadline', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    onTestFinished(() => {
      socket.destroy();
    });
  });
  await expect(open(await listen(server), {}, 150)).rejects.toMatchObject({ code: 'nas_timeout' });
});

test('a host without a name is unreachable', async () => {
  const deadline = { signal: new AbortController().signal, deadline: Date.now() + 5_000 };
  const nowhere = { host: 'bras.invalid', port: 8728, tls: null };
  await expect(openSocket(nowhere, deadline)).rejects.toMatchObject({ code: 'nas_unreachable' });
});
