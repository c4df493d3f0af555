// Attributes by name and typed value, as plugins write and read them, and as people read them in the journal.
import { OssiaError } from '../../errors.ts';
import { nearest } from '../../model/did-you-mean.ts';
import type { RadiusAttributes } from '../../plugin-sdk/device.ts';
import { type AttributeValue, codecOf, hex } from './attribute-type.ts';
import { attributeKey } from './codec.ts';
import type { AttributeDefinition, Dictionary } from './dictionary.ts';
import { type Hiding, hideTunnelPassword, longestHidden } from './hidden-value.ts';
import { type Placed, pack } from './pack.ts';
import type { RadiusAttribute } from './packet.ts';
import { type Piece, unpack } from './unpack.ts';

/** RFC 2868: a first byte of at most this is a tag. */
const largestTag = 0x1f;

export interface NamedValue {
  /** From the dictionary, with `:1` for a tag; `Attr-26.14988.99` when it is unknown or its bytes are not of its type. */
  readonly name: string;
  /** Unknown ones as `0x` and hexadecimal digits. */
  readonly value: AttributeValue;
}

/** Takes `Name`, `Name:tag`, `Attr-200`, `Attr-26.14988.99` and `Attr-241.1`. Throws `arguments_invalid` that names the attribute. */
export function encodeAttribute(dictionary: Dictionary, name: string, value: AttributeValue): RadiusAttribute {
  const [attribute, ...more] = pack(dictionary, [place({ dictionary, hiding: undefined }, name, value)]);
  if (attribute === undefined || more.length > 0) throw invalid(name, 'takes several attributes');
  return attribute;
}

/** Parts of one TLV that follow each other go into one. Hidden values need `hiding`. */
export function encodeAll(dictionary: Dictionary, attributes: RadiusAttributes, hiding?: Hiding): RadiusAttribute[] {
  const placed: Placed[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'object') for (const item of value) placed.push(place({ dictionary, hiding }, name, item));
    else placed.push(place({ dictionary, hiding }, name, value));
  }
  return pack(dictionary, placed);
}

interface Setting {
  readonly dictionary: Dictionary;
  readonly hiding: Hiding | undefined;
}

function place({ dictionary, hiding }: Setting, name: string, value: AttributeValue): Placed {
  const definition = dictionary.byName(name);
  if (definition) return placeKnown({ definition, value, tag: 0, hiding });
  const tagged = /^(.+):(\d{1,2})$/.exec(name);
  const base = tagged ? dictionary.byName(tagged[1] as string) : undefined;
  if (base) {
    const tag = Number(tagged?.[2]);
    if (!base.tagged) throw invalid(name, 'has no tag');
    if (tag > largestTag) throw invalid(name, 'has a tag above 31');
    return placeKnown({ definition: base, value, tag, hiding });
  }
  const numbered = /^Attr-(\d{1,10}(?:\.\d{1,10}){0,8})$/.exec(name)?.[1];
  if (numbered === undefined) {
    const meant = nearest(name, names(dictionary));
    throw invalid(name, `is in no RADIUS dictionary${meant ? `; did you mean ${meant}?` : ''}`);
  }
  const path = numbered.split('.').map(Number);
  const bytes = codecOf('octets').encode(value);
  if (!bytes || !isPath(path))
    throw invalid(name, 'is no attribute number, or its value is not bytes as 0x and hexadecimal digits');
  return { name, path, bytes };
}

function isPath(path: readonly number[]): boolean {
  const [first = 0, second = 0] = path;
  if (first === 0 || first > 255) return false;
  if (first === 26) return second > 0 && second <= 0xffff_ffff && path.length > 1;
  const isVendors = first >= 241 && first <= 246 && second === 26;
  if (path.length > 1 && first < 241) return path.every((part) => part > 0 && part < 256);
  return path.every((part, index) => (isVendors && index === 2 ? part <= 0xffff_ffff : part < 256));
}

export function readAttribute(dictionary: Dictionary, attribute: RadiusAttribute): NamedValue {
  const [piece] = unpack(dictionary, [attribute]);
  return piece === undefined ? { name: attributeKey(attribute), value: hex(attribute.value) } : readPiece(piece);
}

function readPiece(piece: Piece): NamedValue {
  const { definition, key } = piece;
  if (!definition) return { name: key, value: hex(piece.bytes) };
  const { bytes, tag } = untag(definition, piece.bytes);
  const value = definition.encrypted ? hex(bytes) : codecOf(definition.type).decode(bytes);
  if (value === undefined) return { name: key, value: hex(piece.bytes) };
  return { name: tag > 0 ? `${definition.name}:${tag}` : definition.name, value };
}

/** Values of an attribute that is there several times become a list. */
export function readAll(dictionary: Dictionary, attributes: readonly RadiusAttribute[]): RadiusAttributes {
  const read: Record<string, AttributeValue | AttributeValue[]> = {};
  for (const piece of unpack(dictionary, attributes)) {
    const { name, value } = readPiece(piece);
    const before = read[name];
    if (before === undefined) read[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else read[name] = [before, value];
  }
  return read;
}

/** `User-Name="alice" Error-Cause=Session-Context-Not-Found`: one line, secrets masked, authenticators left out. */
export function formatAttributes(dictionary: Dictionary, attributes: readonly RadiusAttribute[]): string {
  let line = '';
  for (const piece of unpack(dictionary, attributes)) {
    const { definition } = piece;
    if (definition?.vendor === 0 && definition.number === 80) continue;
    const { name, value } = readPiece(piece);
    if (line !== '') line += ' ';
    line += `${name}=${definition?.secret ? '***' : formatValue(definition, { name, value })}`;
  }
  return line;
}

function formatValue(definition: AttributeDefinition | undefined, { name, value }: NamedValue): string {
  if (typeof value === 'number') {
    if (definition?.type === 'date') return new Date(value * 1_000).toISOString();
    return definition?.nameOf.get(value) ?? String(value);
  }
  // Under its number it is written in digits: its bytes are not of its type.
  if (definition?.type !== 'string' || name.startsWith('Attr-')) return value;
  return quote(value.includes('=') ? value.replace(pairWithSecret, '$1***') : value);
}

/** Attribute-value pairs inside one attribute, as Cisco has them. */
const pairWithSecret = /((?:password|secret|psk)\s*=\s*).+/gi;

/** C1 controls, line separators and direction marks, with which a subscriber's name could repaint a terminal. */
const unprintable = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

function quote(text: string): string {
  return JSON.stringify(text).replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

interface Assignment {
  readonly definition: AttributeDefinition;
  readonly value: AttributeValue;
  /** 0 = none. */
  readonly tag: number;
  readonly hiding: Hiding | undefined;
}

function placeKnown({ definition, value, tag, hiding }: Assignment): Placed {
  const { name, type, path } = definition;
  const named = typeof value === 'string' ? definition.numberOf.get(value) : undefined;
  let bytes = codecOf(type).encode(named ?? value);
  if (!bytes || (definition.length !== null && bytes.length !== definition.length)) {
    const length = definition.length === null ? '' : `, ${definition.length} bytes long`;
    throw invalid(
      name,
      `takes ${codecOf(type).takes}${length}${definition.secret ? '' : `, not ${JSON.stringify(value)}`}`,
    );
  }
  if (definition.encrypted) bytes = hide(definition, bytes, hiding);
  if (definition.tagged && type === 'integer') {
    if ((bytes[0] as number) !== 0) throw invalid(name, 'takes numbers below 16777216, since it has a tag');
    bytes[0] = tag;
  } else if (tag > 0 || (definition.tagged && definition.hiding === 2)) {
    // A salt begins with a high bit, so without a tag it would be taken for none; RFC 2868 section 3.5 always has one.
    bytes = Buffer.concat([Buffer.from([tag]), bytes]);
  }
  return { name, path, bytes };
}

function hide({ name, hiding: kind }: AttributeDefinition, bytes: Buffer, hiding: Hiding | undefined): Buffer {
  // User-Password is mixed with the Request Authenticator, which here is computed over the packet with the password in it.
  if (kind !== 2) throw invalid(name, 'is hidden in a way that only an Access-Request can carry');
  if (!hiding) throw invalid(name, 'is hidden with a secret, and there is none here');
  if (bytes.length > longestHidden)
    throw invalid(name, `has ${bytes.length} bytes; at most ${longestHidden} can be hidden`);
  return hideTunnelPassword(bytes, hiding);
}

function untag(definition: AttributeDefinition, bytes: Buffer): { readonly bytes: Buffer; readonly tag: number } {
  const first = bytes[0];
  if (!definition.tagged || first === undefined || first > largestTag) return { bytes, tag: 0 };
  if (definition.type !== 'integer') return { bytes: bytes.subarray(1), tag: first };
  const untagged = Buffer.from(bytes);
  untagged[0] = 0;
  return { bytes: untagged, tag: first };
}

function invalid(name: string, problem: string): OssiaError {
  return new OssiaError('arguments_invalid', `${name} ${problem}`, { fields: [{ where: name, problem }] });
}

function* names(dictionary: Dictionary): Iterable<string> {
  for (const definition of dictionary.all()) yield definition.name;
}
