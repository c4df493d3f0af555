// A UDP port that keeps every datagram it gets and answers as the test says: what a NAS sees of us, byte for byte.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeResponse } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import type { RadiusAttribute, RadiusPacket } from '#core/transport/radius/packet.ts';

export interface Received {
  readonly bytes: Buffer;
  readonly packet: RadiusPacket;
  readonly fromPort: number;
  readonly at: number;
  /** Sends bytes back, from the port they were sent to. */
  reply(bytes: Buffer): void;
  /** Sends a genuine answer. */
  answer(code: number, attributes?: readonly RadiusAttribute[], secret?: string): void;
}

export interface NasRecorder {
  readonly port: number;
  readonly received: readonly Received[];
  close(): Promise<void>;
}

export async function startNasRecorder(
  handle: (received: Received, count: number) => void = () => undefined,
): Promise<NasRecorder> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const received: Received[] = [];
  socket.on('message', (bytes, from) => {
    const decoded = decode(bytes);
    if (!decoded.ok) throw new Error(`we sent something malformed: ${decoded.reason}`);
    const reply = (answer: Buffer) => socket.send(answer, from.port, from.address);
    const one: Received = {
      bytes,
      packet: decoded.packet,
      fromPort: from.port,
      at: performance.now(),
      reply,
      answer(code, attributes = [], secret = 'testing123') {
        reply(encodeResponse({ request: decoded.packet, code, attributes, secret: Buffer.from(secret) }));
      },
    };
    received.push(one);
    handle(one, received.length);
  });
  return {
    port: socket.address().port,
    received,
    async close() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
