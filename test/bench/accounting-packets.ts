// The load of the accounting bench: whole lives of sessions, signed before the clock runs.
import { signRequest } from '#core/transport/radius/authenticator.ts';
import { codes, type RadiusAttribute } from '#core/transport/radius/packet.ts';

export interface LoadOptions {
  readonly count: number;
  /** Identifiers are given in turn within each socket. */
  readonly sockets: number;
  readonly secret: Buffer;
  /** Names sessions apart from those of other runs. */
  readonly run: string;
}

const interims = 8;
/** Sessions that live at the same time. */
const together = 4000;
const status = { start: 1, stop: 2, interim: 3 } as const;

/** Packet n is for socket n modulo the number of sockets. About 250 bytes each, as boxes send them. */
export function buildLoad({ count, sockets, secret, run }: LoadOptions): readonly Buffer[] {
  const packets: Buffer[] = [];
  // Later than the start of the server that takes them, so that nothing looks like a leftover.
  const second = Math.floor(Date.now() / 1000) + 1;
  for (let first = 0; packets.length < count; first += together) {
    for (let phase = 0; phase <= interims + 1 && packets.length < count; phase++) {
      for (let session = first; session < first + together && packets.length < count; session++) {
        packets.push(
          signRequest({
            code: codes.accountingRequest,
            identifier: Math.floor(packets.length / sockets) % 256,
            attributes: attributesOf({ session, phase, second: second + phase * 30, run }),
            secret,
            messageAuthenticator: false,
          }),
        );
      }
    }
  }
  return packets;
}

interface Moment {
  readonly session: number;
  /** 0 = Start, the last = Stop. */
  readonly phase: number;
  readonly second: number;
  readonly run: string;
}

function attributesOf({ session, phase, second, run }: Moment): RadiusAttribute[] {
  const isStart = phase === 0;
  const isStop = phase === interims + 1;
  const low = session & 0xff;
  const mid = (session >> 8) & 0xff;
  const high = (session >> 16) & 0xff;
  const attributes: RadiusAttribute[] = [
    integer(40, isStart ? status.start : isStop ? status.stop : status.interim),
    text(44, `${run}${session.toString(16).padStart(8, '0')}`),
    text(1, `абонент-${session}`),
    octets(4, [10, 0, 0, 1]),
    text(32, 'bras-1.pop.example'),
    integer(5, session),
    integer(61, 15),
    text(87, `pppoe-vlan-${session % 4096}`),
    integer(6, 2),
    integer(7, 1),
    octets(8, [10, 1 + high, mid, low]),
    text(31, `AA:BB:CC:${hex(high)}:${hex(mid)}:${hex(low)}`),
    text(30, 'bras-1'),
    octets(25, [0x63, 0x6c, 0x61, 0x73, 0x73, high, mid, low]),
    integer(55, second),
    integer(41, 0),
  ];
  if (isStart) return attributes;
  attributes.push(integer(46, phase * 30), integer(42, phase * 1_000_003), integer(43, phase * 9_000_011));
  attributes.push(integer(47, phase * 1000), integer(48, phase * 9000), integer(52, 0), integer(53, phase));
  if (isStop) attributes.push(integer(49, 1));
  return attributes;
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}

function text(type: number, value: string): RadiusAttribute {
  return { vendor: 0, type, value: Buffer.from(value) };
}

function integer(type: number, value: number): RadiusAttribute {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return { vendor: 0, type, value: bytes };
}

function octets(type: number, bytes: readonly number[]): RadiusAttribute {
  return { vendor: 0, type, value: Buffer.from(bytes) };
}
