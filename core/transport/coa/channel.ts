// One connected UDP socket to one NAS, and its 256 Identifiers: sends requests again until a genuine answer or the end of the time.
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { verifyResponse } from '../radius/authenticator.ts';
import { decode } from '../radius/codec.ts';
import type { DropReason, RadiusPacket } from '../radius/packet.ts';
import { nextWait, type RetransmissionTimes } from './retransmission.ts';

/** Timers fire within this: a signal aborted so shortly before the deadline was aborted because of it. */
const deadlineSlackMs = 20;

export interface ChannelOptions {
  readonly host: string;
  readonly port: number;
  readonly source: string | undefined;
  readonly secret: Buffer;
  readonly requireMessageAuthenticator: boolean;
  readonly times: RetransmissionTimes;
  readonly retransmissions: number;
}

export interface ChannelRequest {
  /** Builds the packet once its Identifier is known. */
  sign(identifier: number): Buffer;
  /** The codes of packets that answer it. */
  readonly answers: readonly number[];
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** The packet was sent for the n-th time again. */
  retransmitted(times: number, identifier: number): void;
  /** Something came in its name that does not count. */
  ignored(reason: DropReason): void;
}

export type ChannelAnswer =
  | { readonly type: 'answered'; readonly packet: RadiusPacket }
  /** Nobody answered in time. */
  | { readonly type: 'silent' }
  /** The network, or the box itself, says that nobody listens there. */
  | { readonly type: 'unreachable'; readonly error: NodeJS.ErrnoException }
  | { readonly type: 'aborted' };

export interface Channel {
  /** Whether an Identifier is free. */
  hasRoom(): boolean;
  /** Its connection is gone, so it never has room again. */
  isBroken(): boolean;
  /** Settles at the latest at the deadline; never rejects. */
  send(request: ChannelRequest): Promise<ChannelAnswer>;
  /** Of nothing that anybody waits for. */
  idle(): boolean;
  close(): void;
}

interface Pending {
  readonly packet: Buffer;
  readonly authenticator: Buffer;
  readonly request: ChannelRequest;
  settle(answer: ChannelAnswer): void;
}

/** Rejects with the network's error when the host has no address, or the socket cannot be bound. */
export async function openChannel(options: ChannelOptions): Promise<Channel> {
  const { address, family } = await lookup(options.host);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  try {
    // Connected, so that the kernel passes on nothing but datagrams from this address and port, and ICMP errors.
    if (options.source !== undefined) {
      socket.bind(0, options.source);
      await once(socket, 'listening');
    }
    socket.connect(options.port, address);
    await once(socket, 'connect');
  } catch (error) {
    socket.close();
    throw error;
  }
  return createChannel(socket, options);
}

function createChannel(socket: Socket, options: ChannelOptions): Channel {
  const { secret } = options;
  const policy = options.requireMessageAuthenticator ? 'always' : 'if-present';
  const pending: (Pending | undefined)[] = new Array(256).fill(undefined);
  // A ring: the Identifier that was given back longest ago is taken next.
  const free = Uint8Array.from({ length: 256 }, (_, identifier) => identifier);
  let first = Math.floor(Math.random() * 256);
  let room = 256;

  function take(): number {
    const identifier = free[first] as number;
    first = (first + 1) & 255;
    room--;
    return identifier;
  }

  function giveBack(identifier: number): void {
    pending[identifier] = undefined;
    free[(first + room) & 255] = identifier;
    room++;
  }

  socket.on('message', (datagram) => {
    const waiting = pending[datagram[1] ?? 0];
    if (!waiting) return;
    const verdict = verifyResponse({ datagram, requestAuthenticator: waiting.authenticator, secret, policy });
    if (verdict !== 'ok') return waiting.request.ignored(verdict);
    const decoded = decode(datagram);
    if (!decoded.ok) return waiting.request.ignored(decoded.reason);
    if (!waiting.request.answers.includes(decoded.packet.code)) return waiting.request.ignored('code');
    waiting.settle({ type: 'answered', packet: decoded.packet });
  });
  // An ICMP error names no request: it is about the whole port, so about all of them.
  socket.on('error', (error) => {
    for (const waiting of pending) waiting?.settle({ type: 'unreachable', error });
  });

  function send(request: ChannelRequest): Promise<ChannelAnswer> {
    return new Promise((resolve, reject) => {
      const identifier = take();
      let timer: NodeJS.Timeout | undefined;
      let sent = 0;
      let waited = 0;

      function settle(answer: ChannelAnswer): void {
        if (pending[identifier] !== waiting) return;
        clearTimeout(timer);
        request.signal.removeEventListener('abort', onAbort);
        giveBack(identifier);
        resolve(answer);
      }
      function onAbort(): void {
        settle(Date.now() >= request.deadline - deadlineSlackMs ? { type: 'silent' } : { type: 'aborted' });
      }
      function transmit(): void {
        socket.send(waiting.packet, onSent);
        sent++;
        if (sent > 1) request.retransmitted(sent - 1, identifier);
        const left = request.deadline - Date.now();
        waited = nextWait(options.times, waited, Math.random());
        const isLast = waited >= left || sent > options.retransmissions;
        timer = setTimeout(isLast ? expire : transmit, Math.max(0, Math.min(waited, left)));
      }
      function expire(): void {
        settle({ type: 'silent' });
      }
      function onSent(error: NodeJS.ErrnoException | null): void {
        // A full send buffer is a lost packet; the next retransmission makes up for it.
        if (error && error.code !== 'ENOBUFS' && error.code !== 'EAGAIN') settle({ type: 'unreachable', error });
      }

      let packet: Buffer;
      try {
        packet = request.sign(identifier);
      } catch (error) {
        giveBack(identifier);
        reject(error);
        return;
      }
      const waiting: Pending = { packet, authenticator: packet.subarray(4, 20), request, settle };
      pending[identifier] = waiting;
      request.signal.addEventListener('abort', onAbort, { once: true });
      transmit();
    });
  }

  return {
    hasRoom: () => room > 0,
    isBroken: () => false,
    idle: () => room === 256,
    send,
    close() {
      for (const waiting of pending) waiting?.settle({ type: 'aborted' });
      socket.close();
    },
  };
}
