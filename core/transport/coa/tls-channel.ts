// One TLS connection to one NAS, and its 256 Identifiers: RADIUS over TLS (RFC 6614). TCP repeats what is lost, so nothing is sent twice.
import { connect, type TLSSocket } from 'node:tls';
import { verifyResponse } from '../radius/authenticator.ts';
import { decode } from '../radius/codec.ts';
import { createPacketReader, createPacketWriter } from '../radius/stream.ts';
import type { Channel, ChannelAnswer, ChannelOptions, ChannelRequest } from './channel.ts';

export interface TlsIdentity {
  /** PEM. Without it the system's authorities decide. */
  readonly ca: string | undefined;
  /** Ours, PEM: the box asks for it. */
  readonly cert: string;
  readonly key: string;
  /** The name in the box's certificate when it is not the host. */
  readonly name: string | undefined;
}

interface Pending {
  readonly authenticator: Buffer;
  readonly request: ChannelRequest;
  settle(answer: ChannelAnswer): void;
}

/** The error's code when the box shows a certificate that is not the one it should have. */
export const wrongCertificate = 'EWRONGCERTIFICATE';

const handshakeMs = 10_000;
/** Timers fire within this: a signal aborted so shortly before the deadline was aborted because of it. */
const deadlineSlackMs = 20;

/** Rejects with the error of the network or of the handshake. */
export async function openTlsChannel(options: ChannelOptions, tls: TlsIdentity): Promise<Channel> {
  const { host, port, source } = options;
  const { ca, cert, key, name } = tls;
  const socket = connect({
    host,
    port,
    cert,
    key,
    minVersion: 'TLSv1.2',
    // Ours to check, after the handshake and before the first byte: so a wrong box is told apart from a dead one.
    rejectUnauthorized: false,
    ...(ca !== undefined && { ca }),
    ...(source !== undefined && { localAddress: source }),
    ...(name !== undefined && { servername: name }),
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = setTimeout(
    () => reject(Object.assign(new Error('The handshake took too long.'), { code: 'ETIMEDOUT' })),
    handshakeMs,
  );
  socket.once('secureConnect', resolve);
  socket.once('error', reject);
  socket.once('close', () => reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));
  try {
    await promise;
    if (!socket.authorized)
      throw Object.assign(new Error(String(socket.authorizationError)), { code: wrongCertificate });
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return createTlsChannel(socket, options);
}

function createTlsChannel(socket: TLSSocket, options: ChannelOptions): Channel {
  const { secret } = options;
  const policy = options.requireMessageAuthenticator ? 'always' : 'if-present';
  const pending = new Map<number, Pending>();
  const write = createPacketWriter(socket);
  let last = Math.floor(Math.random() * 256);
  let broken: NodeJS.ErrnoException | null = null;

  function end(error: NodeJS.ErrnoException): void {
    broken ??= error;
    for (const waiting of [...pending.values()]) waiting.settle({ type: 'unreachable', error: broken });
    socket.destroy();
  }

  function take(): number {
    do last = (last + 1) & 255;
    while (pending.has(last));
    return last;
  }

  const read = createPacketReader((datagram) => {
    const waiting = pending.get(datagram[1] as number);
    if (!waiting) return;
    const verdict = verifyResponse({ datagram, requestAuthenticator: waiting.authenticator, secret, policy });
    const decoded = decode(datagram);
    if (verdict !== 'ok') waiting.request.ignored(verdict);
    else if (!decoded.ok) waiting.request.ignored(decoded.reason);
    else if (!waiting.request.answers.includes(decoded.packet.code)) waiting.request.ignored('code');
    else waiting.settle({ type: 'answered', packet: decoded.packet });
  });

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.on('data', (bytes) => {
    if (!read(bytes)) end(Object.assign(new Error('What came is not RADIUS.'), { code: 'EPROTO' }));
  });
  socket.on('error', end);
  socket.on('close', () => end(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' })));

  function send(request: ChannelRequest): Promise<ChannelAnswer> {
    return new Promise((resolve) => {
      const identifier = take();
      const packet = request.sign(identifier);
      const timer = setTimeout(() => settle({ type: 'silent' }), Math.max(0, request.deadline - Date.now()));
      const onAbort = () => settle({ type: Date.now() >= request.deadline - deadlineSlackMs ? 'silent' : 'aborted' });
      function settle(answer: ChannelAnswer): void {
        clearTimeout(timer);
        request.signal.removeEventListener('abort', onAbort);
        pending.delete(identifier);
        resolve(answer);
      }
      pending.set(identifier, { authenticator: packet.subarray(4, 20), request, settle });
      request.signal.addEventListener('abort', onAbort, { once: true });
      write(packet);
    });
  }

  return {
    hasRoom: () => broken === null && pending.size < 256,
    isBroken: () => broken !== null,
    idle: () => pending.size === 0,
    send,
    close() {
      for (const waiting of [...pending.values()]) waiting.settle({ type: 'aborted' });
      socket.destroy();
    },
  };
}
