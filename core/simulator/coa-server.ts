// The UDP side of a simulated box: takes what is signed with the secret, and answers it as the box says.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { encodeResponse, verifyRequest } from '../transport/radius/authenticator.ts';
import { decode, findAttribute } from '../transport/radius/codec.ts';
import { codes, type RadiusAttribute, type RadiusPacket } from '../transport/radius/packet.ts';

export interface CoaServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A number is the Error-Cause of a NAK; `nak` is one without a cause, `silence` no answer at all. */
export type CoaVerdict = 'ack' | 'nak' | 'silence' | number;

/** An ACK that says something: what is in it answers a question. */
export interface CoaReport {
  readonly ack: readonly RadiusAttribute[];
}

interface CoaServerOptions {
  readonly secret: string;
  /**
   * As RFC 5176 and RFC 5080 section 2.2.2 want it: nothing without a Message-Authenticator, nothing old, and the same bytes are answered
   * in the same way again. Else it looks at neither, and a retransmission is a new request.
   */
  readonly isStrict: boolean;
  isSilent(): boolean;
  take(request: RadiusPacket): CoaVerdict | CoaReport | Promise<CoaVerdict>;
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
  let isClosed = false;

  function requestIn(datagram: Buffer): RadiusPacket | undefined {
    if (verifyRequest(datagram, secret, options.isStrict ? 'always' : 'never') !== 'ok') return undefined;
    const decoded = decode(datagram);
    if (!decoded.ok) return undefined;
    const { packet } = decoded;
    if (packet.code !== codes.disconnectRequest && packet.code !== codes.coaRequest) return undefined;
    return options.isStrict && isOld(packet) ? undefined : packet;
  }

  function remember(key: number, kept: Answered): void {
    answered.set(key, kept);
    const [oldest] = answered.size > keptAnswers ? answered.keys() : [];
    if (oldest !== undefined) answered.delete(oldest);
  }

  socket.on('message', (datagram, from) => {
    const request = options.isSilent() ? undefined : requestIn(datagram);
    if (request === undefined) return;
    const key = from.port * 256 + request.identifier;
    const known = options.isStrict ? answered.get(key) : undefined;
    if (known?.authenticator.equals(request.authenticator)) {
      socket.send(known.answer, from.port, from.address);
      return;
    }
    const answer = (verdict: CoaVerdict | CoaReport): void => {
      if (verdict === 'silence' || isClosed) return;
      const packet = answerTo(request, verdict, secret);
      if (options.isStrict) remember(key, { authenticator: request.authenticator, answer: packet });
      socket.send(packet, from.port, from.address);
    };
    // At once where it can be: the box is also used under load.
    const verdict = options.take(request);
    if (verdict instanceof Promise) void verdict.then(answer);
    else answer(verdict);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    close() {
      isClosed = true;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}

function answerTo(request: RadiusPacket, verdict: Exclude<CoaVerdict, 'silence'> | CoaReport, secret: Buffer): Buffer {
  return encodeResponse({
    request,
    code: request.code + (verdict === 'ack' || typeof verdict === 'object' ? 1 : 2),
    attributes: typeof verdict === 'object' ? verdict.ack : typeof verdict === 'number' ? [errorCause(verdict)] : [],
    secret,
  });
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
