// RADIUS accounting over TLS (RFC 6614): only clients with a certificate of our authority; answered once it is on disk.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { type MessageAuthenticatorPolicy, verifyRequest } from '../transport/radius/authenticator.ts';
import { codes, type DropReason } from '../transport/radius/packet.ts';
import { createPacketReader, createPacketWriter } from '../transport/radius/stream.ts';
import type { AccountingSink } from './accounting.ts';
import { isInterim, readAccounting } from './accounting-record.ts';
import { accountingResponse } from './accounting-response.ts';
import { type AccountingLog, createTally } from './accounting-tally.ts';
import { type RadsecPeer, radsecPeer } from './radsec-clients.ts';

export interface RadsecClient {
  /** The profile's name. */
  readonly nas: string;
  readonly requireMessageAuthenticator: MessageAuthenticatorPolicy;
}

/** PEM. */
export interface RadsecTls {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

export interface RadsecListenerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly tls: RadsecTls;
  /** Asked when a client connects, and again when its profile may have changed. */
  readonly clients: (peer: RadsecPeer) => RadsecClient | undefined;
  readonly sink: AccountingSink;
  readonly log: AccountingLog;
  readonly now?: () => number;
  /** Packets of all connections that may wait for the disk at once; more are not answered. Of Interim-Updates half as many. */
  readonly maxInFlight?: number;
  readonly count?: (result: string) => void;
}

export interface RadsecListener {
  readonly port: number;
  /** For connections from now on; those that are there go on. Throws when cert and key do not belong together. */
  renew(tls: RadsecTls): void;
  /** Takes nothing more, answers what is still being written, within five seconds. */
  close(): Promise<void>;
}

/** RFC 6614 section 2.3: the certificates prove who it is, so the secret is the same everywhere. */
const secret = Buffer.from('radsec');
const versions = { minVersion: 'TLSv1.2' } as const;
const handshakeMs = 10_000;
const drainMs = 5_000;
const mostConnections = 2_000;
/** Packets of one connection that may wait for the disk; then nothing more is read from it. */
const mostWaiting = 512;
const askAgainMs = 2_000;

export async function startRadsecListener(options: RadsecListenerOptions): Promise<RadsecListener> {
  const { clients, sink, log, now = Date.now, maxInFlight = 20_000, count = () => {} } = options;
  const tally = createTally({ log, now });
  const sockets = new Set<TLSSocket>();
  /** Connections whose TLS is not there yet: they have nothing to be answered. */
  const knocking = new Map<string, Socket>();
  let inFlight = 0;
  let closing = false;
  let onIdle = (): void => {};

  function serve(socket: TLSSocket) {
    const peer = radsecPeer(socket.remoteAddress ?? '', socket.getPeerCertificate());
    let client = clients(peer);
    let askedAt = now();
    let waiting = 0;
    const write = createPacketWriter(socket);
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', (error) => tally.socketError(error));
    socket.on('close', () => sockets.delete(socket));
    if (client === undefined) return refuse();

    function refuse(): void {
      drop('unknown_client');
      socket.destroy();
    }

    function drop(reason: DropReason): void {
      tally.drop(reason, `${peer.address} (${peer.names.join(', ')})`);
      count(reason);
    }

    function onPacket(datagram: Buffer) {
      if (now() - askedAt > askAgainMs) {
        client = clients(peer);
        askedAt = now();
      }
      if (client === undefined) return refuse();
      if (inFlight >= maxInFlight) return drop('overload');
      // The next update says all that this one does; a Start or Stop that is lost is lost.
      if (inFlight >= maxInFlight / 2 && isInterim(datagram)) return drop('overload_interim');
      const { nas, requireMessageAuthenticator } = client;
      const isStatus = datagram[0] === codes.statusServer;
      if (!isStatus && datagram[0] !== codes.accountingRequest) return drop('code');
      const verdict = verifyRequest(datagram, secret, requireMessageAuthenticator);
      if (verdict !== 'ok') return drop(verdict);
      const answer = (): void => {
        write(accountingResponse(datagram, secret));
      };
      if (isStatus) {
        count('status_server');
        return answer();
      }
      const reading = readAccounting({ datagram, nas, arrivedAt: now() });
      if (reading === 'attribute') return drop(reading);
      count(reading === 'ignored' ? reading : reading.status);
      if (reading === 'ignored') return answer();
      inFlight++;
      if (++waiting === mostWaiting) socket.pause();
      Promise.resolve()
        .then(() => sink(reading))
        // Not answered, so the client sends it again when it has connected anew: RFC 6613 section 2.6.
        .then(answer, (error: unknown) => tally.fail(error))
        .finally(() => {
          if (waiting-- === mostWaiting && !closing) socket.resume();
          if (--inFlight === 0) onIdle();
        });
    }

    const read = createPacketReader(onPacket);
    socket.on('data', (bytes) => {
      if (closing || read(bytes)) return;
      drop('length');
      socket.destroy();
    });
  }

  const server = createServer({
    ...options.tls,
    ...versions,
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeMs,
  });
  server.maxConnections = mostConnections;
  server.on('connection', (socket: Socket) => {
    const from = placeOf(socket);
    knocking.set(from, socket);
    socket.once('close', () => {
      if (knocking.get(from) === socket) knocking.delete(from);
    });
  });
  server.on('secureConnection', (socket) => {
    knocking.delete(placeOf(socket));
    serve(socket);
  });
  server.on('tlsClientError', (error, socket) => {
    tally.socketError(error);
    count('tls_refused');
    socket.destroy();
  });
  const listening = once(server, 'listening');
  server.listen(options.port, options.host);
  await listening;
  server.on('error', (error) => tally.socketError(error));
  const bound = server.address();

  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    renew: (tls) => server.setSecureContext({ ...tls, ...versions }),
    async close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of knocking.values()) socket.destroy();
      if (inFlight > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        onIdle = resolve;
        const deadline = setTimeout(resolve, drainMs);
        await promise;
        clearTimeout(deadline);
      }
      for (const socket of sockets) {
        socket.end();
        setTimeout(() => socket.destroy(), 500).unref();
      }
      await closed;
    },
  };
}

function placeOf({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string {
  return `${remoteAddress} ${remotePort}`;
}
