// Stands before any simulated box that is reached by CoA over UDP, and does to its datagrams what networks and boxes do.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { encodeResponse } from '../transport/radius/authenticator.ts';
import { decode } from '../transport/radius/codec.ts';

/** What can be done, by name; `nak-506` is a NAK with that Error-Cause from a box that did nothing. */
export const udpFaults = {
  'drop-request': 'silent',
  'drop-answer': 'after the request',
  delay: 'harmless',
  /** Requests and answers come twice. */
  duplicate: 'harmless',
  'nak-502': 'refused for now',
  'nak-505': 'refused for now',
  'nak-506': 'refused for now',
} as const;

export type UdpFault = keyof typeof udpFaults;

export interface UdpProxy {
  readonly port: number;
  set(fault: UdpFault | null): void;
  close(): Promise<void>;
}

const delayMs = 80;
const errorCauseType = 101;

export async function startUdpProxy(target: { readonly port: number; readonly secret: string }): Promise<UdpProxy> {
  const secret = Buffer.from(target.secret, 'utf8');
  const outside = createSocket('udp4');
  /** A socket towards the box for each client, so that answers find their way. */
  const inside = new Map<string, Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let fault: UdpFault | null = null;
  let isClosed = false;

  function later(send: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!isClosed) send();
    }, delayMs);
    timers.add(timer);
  }

  function towardsBox(from: RemoteInfo): Socket {
    const key = `${from.address} ${from.port}`;
    const known = inside.get(key);
    if (known) return known;
    const socket = createSocket('udp4');
    socket.on('error', () => undefined);
    socket.on('message', (answer) => {
      if (fault === 'drop-answer') return;
      const send = () => outside.send(answer, from.port, from.address);
      if (fault === 'delay') later(send);
      else send();
      if (fault === 'duplicate') send();
    });
    inside.set(key, socket);
    return socket;
  }

  outside.on('message', (request, from) => {
    if (fault === 'drop-request') return;
    if (fault?.startsWith('nak-')) return refuse(request, from, Number(fault.slice('nak-'.length)));
    const send = () => towardsBox(from).send(request, target.port, '127.0.0.1');
    if (fault === 'delay') later(send);
    else send();
    if (fault === 'duplicate') send();
  });

  function refuse(datagram: Buffer, from: RemoteInfo, cause: number): void {
    const decoded = decode(datagram);
    if (!decoded.ok) return;
    const value = Buffer.alloc(4);
    value.writeUInt32BE(cause);
    const attributes = [{ vendor: 0, type: errorCauseType, value }];
    const { packet } = decoded;
    outside.send(
      encodeResponse({ request: packet, code: packet.code + 2, attributes, secret }),
      from.port,
      from.address,
    );
  }

  outside.bind(0, '127.0.0.1');
  await once(outside, 'listening');
  return {
    port: outside.address().port,
    set(wanted) {
      fault = wanted;
    },
    async close() {
      isClosed = true;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [outside, ...inside.values()]) await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}
