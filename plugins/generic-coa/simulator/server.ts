// The UDP side of the simulated box: takes what is signed with the secret, and answers the same bytes in the same way again.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeResponse, verifyRequest } from '#core/transport/radius/authenticator.ts';
import { decode, findAttribute } from '#core/transport/radius/codec.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '#core/transport/radius/packet.ts';

export interface CoaServer {
  readonly port: number;
  close(): Promise<void>;
}

interface CoaServerOptions {
  readonly secret: string;
  isSilent(): boolean;
  /** Returns an Error-Cause, or 0 for an ACK. */
  take(request: RadiusPacket): number;
}

const eventTimestampType = 55;
const errorCauseType = 101;
/** RFC 5176 section 6.3. */
const longestDelaySeconds = 300;
const keptAnswers = 16_384;
const receiveBuffer = 4 * 1024 ** 2;

interface Answered {
  readonly authenticator: Buffer;
  readonly answer: Buffer;
}

export async function startCoaServer(options: CoaServerOptions): Promise<CoaServer> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: receiveBuffer });
  const secret = Buffer.from(options.secret, 'utf8');
  const answered = new Map<number, Answered>();

  function answerTo(datagram: Buffer, port: number): Buffer | undefined {
    if (verifyRequest(datagram, secret, 'always') !== 'ok') return undefined;
    const decoded = decode(datagram);
    if (!decoded.ok) return undefined;
    const { packet } = decoded;
    if ((packet.code !== codes.disconnectRequest && packet.code !== codes.coaRequest) || isOld(packet))
      return undefined;
    // RFC 5080 section 2.2.2: a retransmission is not a new request.
    const key = port * 256 + packet.identifier;
    const known = answered.get(key);
    if (known?.authenticator.equals(packet.authenticator)) return known.answer;
    const cause = options.take(packet);
    const answer = encodeResponse({
      request: packet,
      code: packet.code + (cause === 0 ? 1 : 2),
      attributes: cause === 0 ? [] : [errorCause(cause)],
      secret,
    });
    answered.set(key, { authenticator: packet.authenticator, answer });
    const [oldest] = answered.size > keptAnswers ? answered.keys() : [];
    if (oldest !== undefined) answered.delete(oldest);
    return answer;
  }

  socket.on('message', (datagram, from) => {
    const answer = options.isSilent() ? undefined : answerTo(datagram, from.port);
    if (answer !== undefined) socket.send(answer, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function isOld(packet: RadiusPacket): boolean {
  const stamp = findAttribute(packet, eventTimestampType);
  return stamp?.length === 4 && Math.abs(Date.now() / 1000 - stamp.readUInt32BE(0)) > longestDelaySeconds;
}

function errorCause(cause: number): RadiusAttribute {
  const value = Buffer.alloc(4);
  value.writeUInt32BE(cause);
  return { vendor: 0, type: errorCauseType, value };
}
