// RADIUS packets out of a byte stream and into it, as TCP and TLS carry them: RFC 6613 section 2.6.
import type { Writable } from 'node:stream';
import { headerLength, maxPacketLength } from './codec.ts';

/** Takes bytes as they come. False: what follows cannot be RADIUS any more, and the connection must be closed. */
export type PacketReader = (bytes: Buffer) => boolean;

export function createPacketReader(onPacket: (packet: Buffer) => void): PacketReader {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    while (all.length - at >= 4) {
      const length = all.readUInt16BE(at + 2);
      if (length < headerLength || length > maxPacketLength) return false;
      if (all.length - at < length) break;
      // A copy: whoever keeps it must not keep the whole read with it.
      onPacket(Buffer.from(all.subarray(at, at + length)));
      at += length;
    }
    rest = Buffer.from(all.subarray(at));
    return true;
  };
}

/** One at a time, so that each packet has a TLS record of its own: FreeRADIUS 3.2.1 reads no more than one from a record. */
export function createPacketWriter(stream: Writable): (packet: Buffer) => void {
  const waiting: Buffer[] = [];
  function next(): void {
    const [packet] = waiting;
    if (packet === undefined) return;
    stream.write(packet, () => {
      waiting.shift();
      next();
    });
  }
  return (packet) => {
    if (!stream.writable) return;
    waiting.push(packet);
    if (waiting.length === 1) next();
  };
}
