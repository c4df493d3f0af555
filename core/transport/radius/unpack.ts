// From attributes to values at their paths: the inverse of packing; whatever is not well-formed stays as it came.
import { attributeKey } from './codec.ts';
import type { AttributeDefinition, Dictionary, VendorFormat } from './dictionary.ts';
import type { RadiusAttribute } from './packet.ts';

export interface Piece {
  /** `Attr-173.2`, `Attr-26.429`: what it is called when its value cannot be read. */
  readonly key: string;
  /** None when it is unknown, or not well-formed. */
  readonly definition: AttributeDefinition | undefined;
  readonly bytes: Buffer;
}

const deepest = 8;
const moreFollows = 0x80;

/** Never throws. */
export function unpack(dictionary: Dictionary, attributes: readonly RadiusAttribute[]): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < attributes.length; ) {
    const attribute = attributes[at] as RadiusAttribute;
    const { vendor, type, value } = attribute;
    const format = vendor === 0 ? undefined : dictionary.format(vendor);
    if (format !== undefined) at = unpackFormatted(attributes, { at, format, dictionary, pieces });
    else if (vendor === 0 && type >= 241 && type <= 246) at = unpackExtended(attributes, { at, dictionary, pieces });
    else {
      at++;
      const definition = dictionary.byNumber(vendor, type);
      if (definition?.concat) {
        const chunks = [value];
        for (let next = attributes[at]; next?.vendor === 0 && next.type === type; next = attributes[++at])
          chunks.push(next.value);
        pieces.push({ key: attributeKey(attribute), definition, bytes: Buffer.concat(chunks) });
      } else if (definition?.isTlv) {
        const path = vendor === 0 ? [type] : [26, vendor, type];
        add(dictionary, { path, bytes: value, pieces });
      } else pieces.push({ key: attributeKey(attribute), definition, bytes: value });
    }
  }
  return pieces;
}

interface Found {
  readonly path: readonly number[];
  readonly bytes: Buffer;
  readonly pieces: Piece[];
}

function add(dictionary: Dictionary, { path, bytes, pieces }: Found): void {
  const definition = dictionary.byPath(path);
  const parts = definition?.isTlv && path.length < deepest ? partsOf(bytes) : undefined;
  const key = `Attr-${path.join('.')}`;
  if (definition?.isTlv) {
    if (parts === undefined) pieces.push({ key, definition: undefined, bytes });
    for (const part of parts ?? []) add(dictionary, { path: [...path, part.type], bytes: part.value, pieces });
  } else pieces.push({ key, definition, bytes });
}

interface Part {
  readonly type: number;
  readonly value: Buffer;
}

/** Undefined when it is no list of type, length and value; of none too. */
function partsOf(bytes: Buffer, typeBytes = 1, lengthBytes = 1): Part[] | undefined {
  const parts: Part[] = [];
  const head = typeBytes + lengthBytes;
  for (let at = 0; at < bytes.length; ) {
    if (at + head > bytes.length) return undefined;
    // Without a length it takes all that there is.
    const end = lengthBytes === 0 ? bytes.length : at + bytes.readUIntBE(at + typeBytes, lengthBytes);
    if (end < at + head || end > bytes.length) return undefined;
    parts.push({ type: bytes.readUIntBE(at, typeBytes), value: bytes.subarray(at + head, end) });
    at = end;
  }
  return parts.length === 0 ? undefined : parts;
}

interface Walk {
  readonly at: number;
  readonly dictionary: Dictionary;
  readonly pieces: Piece[];
}

/** RFC 6929: a long extended value can go on in attributes of the same two types. Returns where to go on. */
function unpackExtended(attributes: readonly RadiusAttribute[], { at, dictionary, pieces }: Walk): number {
  const first = attributes[at] as RadiusAttribute;
  const { type, value } = first;
  const head = type >= 245 ? 2 : 1;
  const extended = value[0];
  const chunks = [value.subarray(head)];
  let next = at + 1;
  let last = value;
  while (type >= 245 && ((last[1] ?? 0) & moreFollows) !== 0) {
    const following = attributes[next];
    const goesOn = following?.vendor === 0 && following.type === type && following.value[0] === extended;
    if (!goesOn || following.value.length < head) break;
    last = following.value;
    chunks.push(last.subarray(head));
    next++;
  }
  const isWhole = type < 245 || ((last[1] ?? 0) & moreFollows) === 0;
  const body = Buffer.concat(chunks);
  const isVendors = extended === 26;
  if (extended === undefined || value.length < head || !isWhole || (isVendors && body.length < 5)) {
    pieces.push({ key: attributeKey(first), definition: undefined, bytes: value });
    return at + 1;
  }
  if (isVendors)
    add(dictionary, { path: [type, 26, body.readUInt32BE(0), body[4] as number], bytes: body.subarray(5), pieces });
  else add(dictionary, { path: [type, extended], bytes: body, pieces });
  return next;
}

/** Vendors whose attributes are not one byte of type and one of length, or go on. Returns where to go on. */
function unpackFormatted(
  attributes: readonly RadiusAttribute[],
  { at, format, dictionary, pieces }: Walk & { readonly format: VendorFormat },
): number {
  const first = attributes[at] as RadiusAttribute;
  const { vendor, type, value } = first;
  const { typeBytes, lengthBytes, continued } = format;
  const raw = (attribute: RadiusAttribute) =>
    pieces.push({ key: attributeKey(attribute), definition: undefined, bytes: attribute.value });
  if (continued) {
    if (type === -1 || value.length === 0) {
      raw(first);
      return at + 1;
    }
    const chunks = [value.subarray(1)];
    let next = at + 1;
    let last = value;
    for (let following = attributes[next]; ((last[0] as number) & moreFollows) !== 0; following = attributes[++next]) {
      if (following?.vendor !== vendor || following.type !== type || following.value.length === 0) {
        raw(first);
        return at + 1;
      }
      last = following.value;
      chunks.push(last.subarray(1));
    }
    add(dictionary, { path: [26, vendor, type], bytes: Buffer.concat(chunks), pieces });
    return next;
  }
  let next = at + 1;
  let body = value;
  if (type !== -1) {
    // By chance it looked like the usual layout: put it together again as it was.
    const run = [first];
    for (let more = attributes[next]; more?.vendor === vendor && more.type !== -1; more = attributes[++next])
      run.push(more);
    body = Buffer.concat(run.flatMap((one) => [Buffer.from([one.type, one.value.length + 2]), one.value]));
  }
  const parts = partsOf(body, typeBytes, lengthBytes);
  if (parts === undefined) for (let index = at; index < next; index++) raw(attributes[index] as RadiusAttribute);
  for (const part of parts ?? []) add(dictionary, { path: [26, vendor, part.type], bytes: part.value, pieces });
  return next;
}
