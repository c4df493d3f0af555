// Who sent this packet: request, response and Message-Authenticators, RFC 2866 section 3, 5176 section 2.3, 3579 section 3.2.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { OssiaError } from '../../errors.ts';
import { attributeLength, headerLength, maxPacketLength, packetLength, writeAttributes } from './codec.ts';
import { codes, type DropReason, type RadiusAttribute, type RadiusPacket } from './packet.ts';

/** `never` does not look at it, `if-present` verifies it when there is one, `always` drops packets without it. */
export type MessageAuthenticatorPolicy = 'never' | 'if-present' | 'always';

const messageAuthenticatorType = 80;
const messageAuthenticatorLength = 18;
const proxyStateType = 33;
const zeros = Buffer.alloc(16);

// One packet is hashed at a time, synchronously, so all of them share the rooms in which they are put together, and the digest.
const padLength = 64;
const digestLength = 16;
const longestSecret = 65_536;
const room = Buffer.allocUnsafe(maxPacketLength + longestSecret);
const innerRoom = Buffer.allocUnsafe(padLength + maxPacketLength);
const outerRoom = Buffer.allocUnsafe(padLength + digestLength);
const digest = Buffer.allocUnsafe(digestLength);
const said = Buffer.allocUnsafe(digestLength);
let paddedSecret: Buffer | undefined;

/** Accounting-Request, CoA-Request, Disconnect-Request and Status-Server; any other code is dropped. */
export function verifyRequest(datagram: Buffer, secret: Buffer, policy: MessageAuthenticatorPolicy): 'ok' | DropReason {
  const length = packetLength(datagram);
  if (typeof length !== 'number') return length;
  const code = datagram[0];
  const isStatus = code === codes.statusServer;
  if (!isStatus && !hasRequestAuthenticator(code)) return 'code';
  if (!isStatus && !matches(md5(datagram, length, zeros, secret), datagram, 4)) return 'authenticator';
  // Its authenticator is random, so only a Message-Authenticator proves anything: RFC 5997 section 3.
  const effective = isStatus ? 'always' : policy;
  if (effective === 'never') return 'ok';
  return verifyMessageAuthenticator({
    datagram,
    length,
    authenticator: isStatus ? null : zeros,
    secret,
    policy: effective,
  });
}

export interface ResponseCheck {
  readonly datagram: Buffer;
  /** Of the request that this answers. */
  readonly requestAuthenticator: Buffer;
  readonly secret: Buffer;
  readonly policy: MessageAuthenticatorPolicy;
}

export function verifyResponse(check: ResponseCheck): 'ok' | DropReason {
  const { datagram, requestAuthenticator, secret, policy } = check;
  const length = packetLength(datagram);
  if (typeof length !== 'number') return length;
  if (!matches(md5(datagram, length, requestAuthenticator, secret), datagram, 4)) return 'authenticator';
  if (policy === 'never') return 'ok';
  return verifyMessageAuthenticator({ datagram, length, authenticator: requestAuthenticator, secret, policy });
}

export interface UnsignedRequest {
  readonly code: number;
  readonly identifier: number;
  readonly attributes: readonly RadiusAttribute[];
  readonly secret: Buffer;
  readonly messageAuthenticator: boolean;
}

/** Throws `arguments_invalid` when the attributes do not fit. */
export function signRequest(request: UnsignedRequest): Buffer {
  const packet = compose(request.code, request.identifier, request.attributes, request.messageAuthenticator);
  if (hasRequestAuthenticator(request.code)) zeros.copy(packet, 4);
  else randomBytes(16).copy(packet, 4);
  if (request.messageAuthenticator) {
    hmac({
      datagram: packet,
      length: packet.length,
      authenticator: null,
      at: headerLength,
      secret: request.secret,
    }).copy(packet, headerLength + 2);
  }
  if (hasRequestAuthenticator(request.code)) md5(packet, packet.length, zeros, request.secret).copy(packet, 4);
  return packet;
}

export interface Response {
  readonly request: RadiusPacket;
  readonly code: number;
  /** Proxy-State is added by itself. */
  readonly attributes: readonly RadiusAttribute[];
  readonly secret: Buffer;
  /** By default: when the request had one. */
  readonly messageAuthenticator?: boolean;
}

/** Echoes every Proxy-State in its order (RFC 2865 section 5.33). */
export function encodeResponse(response: Response): Buffer {
  const { request, secret } = response;
  let signed = response.messageAuthenticator ?? false;
  let attributes = response.attributes;
  for (const attribute of request.attributes) {
    if (attribute.vendor !== 0) continue;
    if (attribute.type === proxyStateType) attributes = [...attributes, attribute];
    else if (attribute.type === messageAuthenticatorType) signed = response.messageAuthenticator ?? true;
  }
  const packet = compose(response.code, request.identifier, attributes, signed);
  request.authenticator.copy(packet, 4);
  if (signed) {
    hmac({ datagram: packet, length: packet.length, authenticator: null, at: headerLength, secret }).copy(
      packet,
      headerLength + 2,
    );
  }
  md5(packet, packet.length, request.authenticator, secret).copy(packet, 4);
  return packet;
}

/** A response without any attribute to the request in these bytes. */
export function emptyResponse(request: Buffer, code: number, secret: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(headerLength);
  packet[0] = code;
  packet[1] = request[1] as number;
  packet[2] = 0;
  packet[3] = headerLength;
  request.copy(packet, 4, 4, headerLength);
  packet.copy(room, 0);
  secret.copy(room, headerLength);
  return digestInto(packet, 4, room.subarray(0, headerLength + secret.length));
}

/** RFC 2866 and 5176: those whose authenticator is computed over zeros; the others carry a random one. */
function hasRequestAuthenticator(code: number | undefined): boolean {
  return code === codes.accountingRequest || code === codes.coaRequest || code === codes.disconnectRequest;
}

/** The authenticator's place is left as it is; a Message-Authenticator is put first, zeroed. */
function compose(
  code: number,
  identifier: number,
  attributes: readonly RadiusAttribute[],
  messageAuthenticator: boolean,
): Buffer {
  let length = headerLength + (messageAuthenticator ? messageAuthenticatorLength : 0);
  for (const attribute of attributes) length += attributeLength(attribute);
  if (length > maxPacketLength) {
    throw new OssiaError('arguments_invalid', `the attributes take ${length} bytes; a RADIUS packet has at most 4096`);
  }
  const packet = Buffer.allocUnsafe(length);
  packet[0] = code;
  packet[1] = identifier;
  packet.writeUInt16BE(length, 2);
  let at = headerLength;
  if (messageAuthenticator) {
    packet[at] = messageAuthenticatorType;
    packet[at + 1] = messageAuthenticatorLength;
    zeros.copy(packet, at + 2);
    at += messageAuthenticatorLength;
  }
  writeAttributes(packet, at, attributes);
  return packet;
}

/** MD5 over the packet with that authenticator in place of its own, then the secret. Copy it before the next one. */
function md5(datagram: Buffer, length: number, authenticator: Buffer, secret: Buffer): Buffer {
  datagram.copy(room, 0, 0, 4);
  authenticator.copy(room, 4, 0, digestLength);
  datagram.copy(room, headerLength, headerLength, length);
  secret.copy(room, length);
  return digestInto(digest, 0, room.subarray(0, length + secret.length));
}

/** As a binary text and then into place: twice as fast as a Buffer for each digest. */
function digestInto(target: Buffer, at: number, input: Buffer): Buffer {
  target.write(hash('md5', input, 'binary'), at, digestLength, 'latin1');
  return target;
}

interface MessageAuthenticatorCheck {
  readonly datagram: Buffer;
  readonly length: number;
  /** What stands in the authenticator's place while hashing; null = what the packet has. */
  readonly authenticator: Buffer | null;
  readonly secret: Buffer;
  readonly policy: 'if-present' | 'always';
}

function verifyMessageAuthenticator(check: MessageAuthenticatorCheck): 'ok' | DropReason {
  const { datagram, length, authenticator, secret, policy } = check;
  let found = -1;
  for (let at = headerLength; at < length; ) {
    const size = at + 1 < length ? (datagram[at + 1] as number) : 0;
    if (size < 2 || at + size > length) return 'attribute';
    if (datagram[at] === messageAuthenticatorType) {
      // A second one would leave open which of them was meant.
      if (found !== -1 || size !== messageAuthenticatorLength) return 'message_authenticator';
      found = at;
    }
    at += size;
  }
  if (found === -1) return policy === 'always' ? 'message_authenticator_missing' : 'ok';
  const expected = hmac({ datagram, length, authenticator, at: found, secret });
  return matches(expected, datagram, found + 2) ? 'ok' : 'message_authenticator';
}

interface HmacInput {
  readonly datagram: Buffer;
  readonly length: number;
  readonly authenticator: Buffer | null;
  /** Where the Message-Authenticator stands; its value counts as zeros. */
  readonly at: number;
  readonly secret: Buffer;
}

/** HMAC-MD5 (RFC 2104) as two one-shot hashes: several times as fast as an Hmac object. Copy it before the next one. */
function hmac(input: HmacInput): Buffer {
  const { datagram, length, authenticator, at, secret } = input;
  if (paddedSecret !== secret) pad(secret);
  datagram.copy(innerRoom, padLength, 0, length);
  if (authenticator) authenticator.copy(innerRoom, padLength + 4, 0, digestLength);
  zeros.copy(innerRoom, padLength + at + 2);
  digestInto(outerRoom, padLength, innerRoom.subarray(0, padLength + length));
  return digestInto(digest, 0, outerRoom);
}

function pad(secret: Buffer): void {
  const key = secret.length > padLength ? digestInto(digest, 0, secret) : secret;
  for (let index = 0; index < padLength; index++) {
    const byte = index < key.length ? (key[index] as number) : 0;
    innerRoom[index] = byte ^ 0x36;
    outerRoom[index] = byte ^ 0x5c;
  }
  paddedSecret = secret;
}

/** Byte by byte in constant time. */
function matches(expected: Buffer, datagram: Buffer, at: number): boolean {
  datagram.copy(said, 0, at, at + digestLength);
  return timingSafeEqual(expected, said);
}
