// RADIUS datagrams to attributes and back, RFC 2865 sections 3 and 5; knows bytes only: no secrets, no dictionary.
import { OssiaError } from '../../errors.ts';
import type { DropReason, RadiusAttribute, RadiusPacket } from './packet.ts';

export const headerLength = 20;
export const maxPacketLength = 4096;
const vendorSpecific = 26;

export type Decoded =
  | { readonly ok: true; readonly packet: RadiusPacket }
  | { readonly ok: false; readonly reason: DropReason };

/** How many bytes of the datagram are the packet (the rest is padding, RFC 2865 section 3), or why it is none. */
export function packetLength(datagram: Buffer): number | DropReason {
  if (datagram.length < headerLength) return 'short';
  const length = ((datagram[2] as number) << 8) | (datagram[3] as number);
  return length < headerLength || length > maxPacketLength || length > datagram.length ? 'length' : length;
}

/** Never throws. Values are views into the datagram: copy what outlives it. Nothing is verified here. */
export function decode(datagram: Buffer): Decoded {
  const length = packetLength(datagram);
  if (typeof length !== 'number') return { ok: false, reason: length };
  const attributes: RadiusAttribute[] = [];
  for (let at = headerLength; at < length; ) {
    if (at + 2 > length) return { ok: false, reason: 'attribute' };
    const type = datagram[at] as number;
    const end = at + (datagram[at + 1] as number);
    if (end < at + 2 || end > length) return { ok: false, reason: 'attribute' };
    if (type === vendorSpecific) decodeVendorSpecific(attributes, datagram.subarray(at + 2, end));
    else attributes.push({ vendor: 0, type, value: datagram.subarray(at + 2, end) });
    at = end;
  }
  return {
    ok: true,
    packet: {
      code: datagram[0] as number,
      identifier: datagram[1] as number,
      authenticator: datagram.subarray(4, headerLength),
      attributes,
    },
  };
}

/** One Vendor-Specific can hold several attributes (RFC 2865 section 5.26); one whose body is no such list stays whole. */
function decodeVendorSpecific(attributes: RadiusAttribute[], value: Buffer): void {
  const vendor = value.length < 4 ? 0 : value.readUInt32BE(0);
  if (vendor === 0) {
    attributes.push({ vendor: 0, type: vendorSpecific, value });
    return;
  }
  const known = attributes.length;
  let at = 4;
  while (at + 2 <= value.length) {
    const end = at + (value[at + 1] as number);
    if (end < at + 2 || end > value.length) break;
    attributes.push({ vendor, type: value[at] as number, value: value.subarray(at + 2, end) });
    at = end;
  }
  if (at === value.length && attributes.length > known) return;
  attributes.length = known;
  attributes.push({ vendor, type: -1, value: value.subarray(4) });
}

/** The bytes an attribute takes in a packet. */
export function attributeLength(attribute: RadiusAttribute): number {
  if (attribute.vendor === 0) return 2 + attribute.value.length;
  return (attribute.type === -1 ? 6 : 8) + attribute.value.length;
}

/** Every vendor attribute gets a Vendor-Specific of its own. Throws `arguments_invalid` on what fits no attribute or packet. */
export function encodeAttributes(attributes: readonly RadiusAttribute[]): Buffer {
  let length = 0;
  for (const attribute of attributes) length += attributeLength(attribute);
  const target = Buffer.allocUnsafe(length);
  writeAttributes(target, 0, attributes);
  return target;
}

/** Returns the offset after the last one. The target must have room: see `attributeLength`. */
export function writeAttributes(target: Buffer, start: number, attributes: readonly RadiusAttribute[]): number {
  let at = start;
  for (const attribute of attributes) {
    const length = attributeLength(attribute);
    if (length > 255) {
      throw new OssiaError('arguments_invalid', `${attributeKey(attribute)} is longer than an attribute can be`, {
        details: { length: attribute.value.length },
      });
    }
    if (attribute.vendor === 0) {
      target[at] = attribute.type;
      target[at + 1] = length;
    } else {
      target[at] = vendorSpecific;
      target[at + 1] = length;
      target.writeUInt32BE(attribute.vendor, at + 2);
      if (attribute.type !== -1) {
        target[at + 6] = attribute.type;
        target[at + 7] = length - 6;
      }
    }
    target.set(attribute.value, at + length - attribute.value.length);
    at += length;
  }
  return at;
}

/** The name of an attribute that no dictionary knows: `Attr-200`, `Attr-26.14988.99`, `Attr-26.14988` for a whole body. */
export function attributeKey(attribute: Pick<RadiusAttribute, 'vendor' | 'type'>): string {
  if (attribute.vendor === 0) return `Attr-${attribute.type}`;
  return attribute.type === -1 ? `Attr-26.${attribute.vendor}` : `Attr-26.${attribute.vendor}.${attribute.type}`;
}

/** The value of the first attribute of that type in the standard space. */
export function findAttribute(packet: RadiusPacket, type: number): Buffer | undefined {
  for (const attribute of packet.attributes) {
    if (attribute.vendor === 0 && attribute.type === type) return attribute.value;
  }
  return undefined;
}
