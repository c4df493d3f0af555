// Mutated RADIUS packets against all that reads what comes from the network: none may be taken that was not made with the secret.
import { readAccounting } from '#core/ingest/accounting-record.ts';
import { encodeResponse, signRequest, verifyRequest, verifyResponse } from '#core/transport/radius/authenticator.ts';
import { decode } from '#core/transport/radius/codec.ts';
import type { Dictionary } from '#core/transport/radius/dictionary.ts';
import { codes, type RadiusPacket } from '#core/transport/radius/packet.ts';
import { encodeAll, formatAttributes, readAll } from '#core/transport/radius/values.ts';

export interface FuzzReport {
  readonly packets: number;
  /** Taken though its bytes are not those that the secret was used for. */
  readonly forged: readonly string[];
  /** What something threw, with the packet in hex. */
  readonly thrown: readonly string[];
  /** Untouched, or changed only behind their end: taken, as they must be. */
  readonly genuine: number;
  /** Signed after they were changed: garbage of somebody who knows the secret. */
  readonly signedGarbage: number;
  readonly ms: number;
}

interface Genuine {
  readonly datagram: Buffer;
  /** What a response answers; null for a request. */
  readonly request: Buffer | null;
}

export interface FuzzOptions {
  readonly dictionary: Dictionary;
  readonly packets: number;
  readonly seed: number;
  /** Every mutated packet, for a look at what others make of it. */
  readonly onPacket?: (datagram: Buffer, request: Buffer | null) => void;
}

const secret = Buffer.from('общий-секрет');
const wrongSecret = Buffer.from('общий-секрет ');
const policies = ['never', 'if-present', 'always'] as const;

export function fuzzPackets({ dictionary, packets, seed, onPacket }: FuzzOptions): FuzzReport {
  const random = createRandom(seed);
  const genuines = genuinePackets(dictionary);
  const forged: string[] = [];
  const thrown: string[] = [];
  let genuine = 0;
  let signedGarbage = 0;
  const begun = performance.now();

  for (let count = 0; count < packets; count++) {
    const base = genuines[random(genuines.length)] as Genuine;
    const other = genuines[random(genuines.length)] as Genuine;
    let datagram = mutate(base.datagram, other.datagram, random);
    const isSigned = random(10) === 0;
    if (isSigned) datagram = signed(datagram, base.request);
    if (isSigned) signedGarbage++;
    onPacket?.(datagram, base.request);
    const policy = policies[random(3)] ?? 'always';
    try {
      const verdict = verify(datagram, base.request, policy);
      if (verdict === 'ok' && isSame(datagram, base.datagram)) genuine++;
      else if (verdict === 'ok' && !isSigned && !genuines.some((one) => isSame(datagram, one.datagram)))
        forged.push(datagram.toString('hex'));
      // Also what is dropped: whoever reads it must never throw.
      const decoded = decode(datagram);
      if (!decoded.ok) continue;
      readAll(dictionary, decoded.packet.attributes);
      formatAttributes(dictionary, decoded.packet.attributes);
      if (base.request === null) readAccounting({ datagram, nas: 'bras-1', arrivedAt: 1_795_284_000_000 });
    } catch (error) {
      thrown.push(`${error instanceof Error ? error.stack : error}: ${datagram.toString('hex')}`);
    }
  }
  return { packets, forged, thrown, genuine, signedGarbage, ms: performance.now() - begun };
}

function verify(datagram: Buffer, request: Buffer | null, policy: (typeof policies)[number]) {
  if (request === null) return verifyRequest(datagram, secret, policy);
  return verifyResponse({ datagram, requestAuthenticator: request.subarray(4, 20), secret, policy });
}

function isSame(datagram: Buffer, genuine: Buffer): boolean {
  return datagram.length >= genuine.length && datagram.subarray(0, genuine.length).equals(genuine);
}

/** As somebody who knows the secret would send it, whatever is in it. */
function signed(datagram: Buffer, request: Buffer | null): Buffer {
  const decoded = decode(datagram);
  if (!decoded.ok) return datagram;
  const { identifier, attributes } = decoded.packet;
  try {
    if (request === null)
      return signRequest({
        code: codes.accountingRequest,
        identifier,
        attributes,
        secret,
        messageAuthenticator: false,
      });
    const asked = { code: codes.coaRequest, identifier, authenticator: request.subarray(4, 20), attributes: [] };
    return encodeResponse({ request: asked, code: codes.coaAck, attributes, secret });
  } catch {
    return datagram;
  }
}

function mutate(base: Buffer, other: Buffer, random: Random): Buffer {
  let datagram: Buffer = Buffer.from(base);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(datagram.length);
    switch (random(14)) {
      case 0:
        if (datagram.length > 0) datagram[at] = (datagram[at] as number) ^ (1 << random(8));
        break;
      case 1:
        if (datagram.length > 0) datagram[at] = random(256);
        break;
      case 2:
        datagram = datagram.subarray(0, at);
        break;
      case 3:
        datagram = Buffer.concat([datagram, Buffer.alloc(1 + random(60), random(256))]);
        break;
      case 4:
        if (datagram.length >= 4) datagram.writeUInt16BE(random(5000), 2);
        break;
      case 5:
        // Its own length again, after whatever was done to it.
        if (datagram.length >= 4) datagram.writeUInt16BE(datagram.length, 2);
        break;
      case 6:
        datagram.subarray(4, 20).fill([0, 0xff, 0x80][random(3)] ?? 0);
        break;
      case 7:
        datagram = Buffer.concat([datagram.subarray(0, at), other.subarray(random(other.length))]);
        break;
      case 8:
        datagram = Buffer.concat([datagram.subarray(0, at), datagram.subarray(at + random(8))]);
        break;
      case 9:
        datagram = Buffer.concat([
          datagram.subarray(0, at),
          Buffer.alloc(random(8), random(256)),
          datagram.subarray(at),
        ]);
        break;
      case 10:
        if (datagram.length >= 20) other.copy(datagram, 4, 4, 20);
        break;
      case 11:
        if (datagram.length > 0) datagram[0] = random(50);
        break;
      case 12: {
        const decoded = decode(datagram);
        if (!decoded.ok || decoded.packet.attributes.length === 0) break;
        const { identifier, attributes } = decoded.packet;
        const again = attributes[random(attributes.length)] as RadiusPacket['attributes'][number];
        const all = [...attributes, again];
        datagram = trySign(
          () =>
            signRequest({
              code: codes.accountingRequest,
              identifier,
              attributes: all,
              secret: wrongSecret,
              messageAuthenticator: random(2) === 0,
            }),
          datagram,
        );
        break;
      }
      default:
        // A length inside: an attribute's, a vendor's, a TLV's.
        if (datagram.length > 22) datagram[21 + random(datagram.length - 21)] = random(8);
    }
  }
  return datagram;
}

function trySign(sign: () => Buffer, otherwise: Buffer): Buffer {
  try {
    return sign();
  } catch {
    return otherwise;
  }
}

function genuinePackets(dictionary: Dictionary): Genuine[] {
  const lists = [
    {
      'Acct-Status-Type': 'Start',
      'Acct-Session-Id': '81100001',
      'User-Name': 'алиса',
      'Framed-IP-Address': '10.1.2.3',
    },
    {
      'Acct-Status-Type': 'Stop',
      'Acct-Session-Id': '81100001',
      'Acct-Terminate-Cause': 2,
      'Acct-Output-Gigawords': 3,
    },
    {
      'Acct-Status-Type': 'Interim-Update',
      'Acct-Session-Id': 'x',
      'Framed-IPv6-Prefix': '2001:db8::/56',
      Class: '0x0102',
    },
    { 'Acct-Status-Type': 'Accounting-On', 'NAS-Identifier': 'bras-1' },
    {
      'Acct-Session-Id': 'y',
      'IP-Port-Type': 1,
      'IP-Port-Limit': 5,
      'IP-Port-Range-Limit': 6,
      'Attr-245.77': `0x${'ab'.repeat(600)}`,
    },
    {
      'Acct-Session-Id': 'z',
      'WiMAX-Release': '1.0',
      'WiMAX-AAA-Session-Id': `0x${'cd'.repeat(500)}`,
      'SN-VPN-Name': 'сеть',
    },
    {
      'Acct-Session-Id': 'u',
      'USR-Channel': 5,
      'Lucent-IP-DSCP': 46,
      'Cisco-AVPair': ['a=1', 'b=2'],
      'ERX-Service-Activate:1': 'svc',
    },
    { 'Error-Cause': 'Session-Context-Not-Found', 'Reply-Message': 'нет такой сессии' },
    { 'Cambium-Authorize-Class-Name': 'a', 'Cambium-Authorize-Bytes-Left': '18446744073709551615' },
  ];
  return lists.flatMap((named, identifier) => {
    const attributes = encodeAll(dictionary, named);
    return [false, true].flatMap((messageAuthenticator): Genuine[] => {
      const common = { identifier, attributes, secret, messageAuthenticator };
      const request = signRequest({ ...common, code: codes.coaRequest });
      const decoded = decode(request);
      if (!decoded.ok) throw new Error(decoded.reason);
      const answer = { request: decoded.packet, attributes, secret, messageAuthenticator };
      return [
        { datagram: signRequest({ ...common, code: codes.accountingRequest }), request: null },
        { datagram: encodeResponse({ ...answer, code: codes.coaAck }), request },
        { datagram: encodeResponse({ ...answer, code: codes.disconnectNak }), request },
      ];
    });
  });
}

type Random = (below: number) => number;

/** Xorshift: the same packets for the same seed. */
function createRandom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return below <= 0 ? 0 : state % below;
  };
}
