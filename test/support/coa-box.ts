// A box that takes CoA and Disconnect on loopback and acknowledges everything: cheap, for load and for keeping order.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeResponse, verifyRequest } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';

export interface CoaBox {
  readonly port: number;
  readonly secret: string;
  /** Requests answered so far; retransmissions count again. */
  answered(): number;
  close(): Promise<void>;
}

/** `onRequest` sees each genuine request; returning false leaves it unanswered. */
export async function startCoaBox(
  onRequest: (packet: RadiusPacket) => boolean | undefined = () => true,
): Promise<CoaBox> {
  const secret = 'testing123';
  const key = Buffer.from(secret);
  let answered = 0;
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.on('message', (datagram, from) => {
    const decoded = decode(datagram);
    if (!decoded.ok || verifyRequest(datagram, key, 'always') !== 'ok') return;
    const { packet } = decoded;
    if (onRequest(packet) === false) return;
    const code = packet.code === codes.coaRequest ? codes.coaAck : codes.disconnectAck;
    answered++;
    socket.send(encodeResponse({ request: packet, code, attributes: [], secret: key }), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    secret,
    answered: () => answered,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The text of the first attribute of this type. */
export function attributeText(packet: RadiusPacket, type: number): string {
  return (
    packet.attributes.find((attribute) => attribute.vendor === 0 && attribute.type === type)?.value.toString() ?? ''
  );
}
