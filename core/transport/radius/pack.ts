// From values at their paths to attributes: TLVs, vendors' formats, the extended spaces of RFC 6929, and values in several parts.
import { OssiaError } from '../../errors.ts';
import { type Dictionary, headOf } from './dictionary.ts';
import type { RadiusAttribute } from './packet.ts';

export interface Placed {
  /** For messages. */
  readonly name: string;
  readonly path: readonly number[];
  readonly bytes: Buffer;
}

const mostStandard = 253;
const mostVendor = 247;
const mostTlv = 253;
const moreFollows = 0x80;

/** Parts of one TLV that follow each other become one attribute. Throws `arguments_invalid` that names what does not fit. */
export function pack(dictionary: Dictionary, placed: readonly Placed[]): RadiusAttribute[] {
  const attributes: RadiusAttribute[] = [];
  for (let at = 0; at < placed.length; ) {
    const first = placed[at] as Placed;
    const head = headOf(first.path);
    if (first.path.length === head) {
      attributes.push(...envelop(dictionary, first));
      at++;
      continue;
    }
    const parts = [first];
    for (let next = placed[++at]; next && isSibling(first, next, head); next = placed[++at]) parts.push(next);
    attributes.push(...packParts(dictionary, { parts, head }));
  }
  return attributes;
}

function isSibling(first: Placed, next: Placed, head: number): boolean {
  return next.path.length > head && first.path.slice(0, head).every((part, index) => part === next.path[index]);
}

interface Parts {
  readonly parts: readonly Placed[];
  /** How much of their paths they share. */
  readonly head: number;
}

/** What does not fit into one attribute together goes into several. */
function packParts(dictionary: Dictionary, { parts, head }: Parts): RadiusAttribute[] {
  const [first] = parts as [Placed];
  const path = first.path.slice(0, head);
  const whole = { name: first.name, path, bytes: tlvBody({ parts, head }) };
  if (parts.length === 1 || fits(dictionary, whole)) return envelop(dictionary, whole);
  const middle = Math.ceil(parts.length / 2);
  return [parts.slice(0, middle), parts.slice(middle)].flatMap((some) => packParts(dictionary, { parts: some, head }));
}

function tlvBody({ parts, head }: Parts): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; at < parts.length; ) {
    const first = parts[at] as Placed;
    const group = [first];
    at++;
    if (first.path.length > head + 1)
      for (let next = parts[at]; next && isNested(first, next, head); next = parts[++at]) group.push(next);
    const bytes = first.path.length === head + 1 ? first.bytes : tlvBody({ parts: group, head: head + 1 });
    if (bytes.length > mostTlv) throw tooLong(first.name, bytes.length, mostTlv);
    chunks.push(Buffer.from([first.path[head] as number, bytes.length + 2]), bytes);
  }
  return Buffer.concat(chunks);
}

function isNested(first: Placed, next: Placed, head: number): boolean {
  return next.path.length > head + 1 && next.path[head] === first.path[head];
}

function fits(dictionary: Dictionary, { path, bytes }: Placed): boolean {
  const [first = 0, second = 0] = path;
  const format = first === 26 ? dictionary.format(second) : undefined;
  return (
    bytes.length <= (format ? mostVendor + 2 - format.typeBytes - format.lengthBytes : roomOf(path)) ||
    isEndless(dictionary, path)
  );
}

function isEndless(dictionary: Dictionary, path: readonly number[]): boolean {
  const [first = 0, second = 0] = path;
  if (first === 26) return dictionary.format(second)?.continued === true;
  return first === 245 || first === 246 || dictionary.byPath(path)?.concat === true;
}

function roomOf(path: readonly number[]): number {
  if (path[0] === 26) return mostVendor;
  return mostStandard - (path.length === 1 ? 0 : path.length === 2 ? 1 : 6);
}

function envelop(dictionary: Dictionary, placed: Placed): RadiusAttribute[] {
  const { name, path, bytes } = placed;
  const [first = 0, vendor = 0] = path;
  if (first === 26 && path.length === 3) return envelopVendor(dictionary, placed);
  if (first === 26 && path.length === 2) {
    if (bytes.length > mostVendor + 2) throw tooLong(name, bytes.length, mostVendor + 2);
    return [{ vendor, type: -1, value: bytes }];
  }
  if (path.length > 1) return envelopExtended(placed);
  const definition = dictionary.byPath(path);
  if (definition?.concat) return chunksOf(bytes, mostStandard).map((value) => ({ vendor: 0, type: first, value }));
  if (bytes.length > mostStandard) throw tooLong(name, bytes.length, mostStandard);
  return [{ vendor: 0, type: first, value: bytes }];
}

function envelopVendor(dictionary: Dictionary, { name, path, bytes }: Placed): RadiusAttribute[] {
  const [, vendor, type] = path as [number, number, number];
  const format = dictionary.format(vendor);
  if (type >= 256 ** (format?.typeBytes ?? 1)) throw invalid(name, 'has a type that is too large for its vendor');
  if (format?.continued) {
    return chunksOf(bytes, mostVendor - 1).map((chunk, index, all) => ({
      vendor,
      type,
      value: Buffer.concat([Buffer.from([index < all.length - 1 ? moreFollows : 0]), chunk]),
    }));
  }
  if (!format) {
    if (bytes.length > mostVendor) throw tooLong(name, bytes.length, mostVendor);
    return [{ vendor, type, value: bytes }];
  }
  const { typeBytes, lengthBytes } = format;
  const head = Buffer.alloc(typeBytes + lengthBytes);
  const most = mostVendor + 2 - head.length;
  if (bytes.length > most) throw tooLong(name, bytes.length, most);
  head.writeUIntBE(type, 0, typeBytes);
  if (lengthBytes > 0) head.writeUIntBE(head.length + bytes.length, typeBytes, lengthBytes);
  return [{ vendor, type: -1, value: Buffer.concat([head, bytes]) }];
}

/** RFC 6929 sections 2.1 to 2.4. */
function envelopExtended({ name, path, bytes }: Placed): RadiusAttribute[] {
  const [type, extended, vendor, vendorType] = path as [number, number, number?, number?];
  let body = bytes;
  if (vendor !== undefined && vendorType !== undefined) {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(vendor, 0);
    head[4] = vendorType;
    body = Buffer.concat([head, bytes]);
  }
  if (type < 245) {
    if (body.length > mostStandard - 1)
      throw tooLong(name, bytes.length, mostStandard - 1 - (body.length - bytes.length));
    return [{ vendor: 0, type, value: Buffer.concat([Buffer.from([extended]), body]) }];
  }
  return chunksOf(body, mostStandard - 2).map((chunk, index, all) => {
    const head = Buffer.from([extended, index < all.length - 1 ? moreFollows : 0]);
    return { vendor: 0, type, value: Buffer.concat([head, chunk]) };
  });
}

function chunksOf(bytes: Buffer, size: number): Buffer[] {
  const chunks = [bytes.subarray(0, size)];
  for (let at = size; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function tooLong(name: string, length: number, most: number): OssiaError {
  return invalid(name, `has ${length} bytes; a RADIUS attribute holds at most ${most}`);
}

function invalid(name: string, problem: string): OssiaError {
  return new OssiaError('arguments_invalid', `${name} ${problem}`, { fields: [{ where: name, problem }] });
}
