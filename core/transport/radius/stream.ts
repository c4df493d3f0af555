// RADIUS packets out of a byte stream, as TCP and TLS carry them: RFC 6613 section 2.6.
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
