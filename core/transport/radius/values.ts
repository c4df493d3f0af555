// Attributes by name and typed value, as plugins write and read them, and as people read them in the journal.
import { OssiaError } from '../../errors.ts';
import { nearest } from '../../model/did-you-mean.ts';
import type { RadiusAttributes } from '../../plugin-sdk/device.ts';
import { type AttributeValue, codecOf, hex } from './attribute-type.ts';
import { attributeKey } from './codec.ts';
import type { AttributeDefinition, Dictionary } from './dictionary.ts';
import type { RadiusAttribute } from './packet.ts';

/** RFC 2868: a first byte of at most this is a tag. */
const largestTag = 0x1f;
const longestValue = 253;
const longestVendorValue = 247;

export interface NamedValue {
  /** From the dictionary, with `:1` for a tag; `Attr-26.14988.99` when it is unknown or its bytes are not of its type. */
  readonly name: string;
  /** Unknown ones as `0x` and hexadecimal digits. */
  readonly value: AttributeValue;
}

/** Takes `Name`, `Name:tag`, `Attr-200` and `Attr-26.14988.99`. Throws `arguments_invalid` that names the attribute. */
export function encodeAttribute(dictionary: Dictionary, name: string, value: AttributeValue): RadiusAttribute {
  const definition = dictionary.byName(name);
  if (definition) return encodeKnown(dictionary, { definition, value, tag: 0 });
  const tagged = /^(.+):(\d{1,2})$/.exec(name);
  const base = tagged ? dictionary.byName(tagged[1] as string) : undefined;
  if (base) {
    const tag = Number(tagged?.[2]);
    if (!base.tagged) throw invalid(name, 'has no tag');
    if (tag > largestTag) throw invalid(name, 'has a tag above 31');
    return encodeKnown(dictionary, { definition: base, value, tag });
  }
  const numbered = /^Attr-(?:26\.(\d{1,10})(?:\.(\d{1,3}))?|(\d{1,3}))$/.exec(name);
  if (!numbered) {
    const meant = nearest(name, names(dictionary));
    throw invalid(name, `is in no RADIUS dictionary${meant ? `; did you mean ${meant}?` : ''}`);
  }
  const vendor = Number(numbered[1] ?? 0);
  const type = numbered[1] === undefined ? Number(numbered[3]) : Number(numbered[2] ?? -1);
  const bytes = codecOf('octets').encode(value);
  if (!bytes || type > 255 || vendor > 0xffff_ffff || (vendor === 0 && (type === 0 || numbered[1] !== undefined)))
    throw invalid(name, 'is no attribute number, or its value is not bytes as 0x and hexadecimal digits');
  return fitting(name, { vendor, type, value: bytes });
}

export function encodeAll(dictionary: Dictionary, attributes: RadiusAttributes): RadiusAttribute[] {
  const encoded: RadiusAttribute[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'object') for (const item of value) encoded.push(encodeAttribute(dictionary, name, item));
    else encoded.push(encodeAttribute(dictionary, name, value));
  }
  return encoded;
}

export function readAttribute(dictionary: Dictionary, attribute: RadiusAttribute): NamedValue {
  const { definition, bytes, tag } = recognize(dictionary, attribute);
  if (!definition) return { name: attributeKey(attribute), value: hex(attribute.value) };
  const value = definition.encrypted ? hex(bytes) : codecOf(definition.type).decode(bytes);
  if (value === undefined) return { name: attributeKey(attribute), value: hex(attribute.value) };
  return { name: tag > 0 ? `${definition.name}:${tag}` : definition.name, value };
}

/** Values of an attribute that is there several times become a list. */
export function readAll(dictionary: Dictionary, attributes: readonly RadiusAttribute[]): RadiusAttributes {
  const read: Record<string, AttributeValue | AttributeValue[]> = {};
  for (const attribute of attributes) {
    const { name, value } = readAttribute(dictionary, attribute);
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
  for (const attribute of attributes) {
    if (attribute.vendor === 0 && attribute.type === 80) continue;
    const { definition } = recognize(dictionary, attribute);
    const { name, value } = readAttribute(dictionary, attribute);
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
}

function encodeKnown(dictionary: Dictionary, { definition, value, tag }: Assignment): RadiusAttribute {
  const { name, type } = definition;
  if (definition.encrypted) throw invalid(name, 'is hidden with the secret, which dynamic authorization cannot carry');
  const named = typeof value === 'string' ? definition.numberOf.get(value) : undefined;
  let bytes = codecOf(type).encode(named ?? value);
  if (!bytes || (definition.length !== null && bytes.length !== definition.length)) {
    const length = definition.length === null ? '' : `, ${definition.length} bytes long`;
    throw invalid(
      name,
      `takes ${codecOf(type).takes}${length}${definition.secret ? '' : `, not ${JSON.stringify(value)}`}`,
    );
  }
  if (definition.tagged && type === 'integer') {
    if ((bytes[0] as number) !== 0) throw invalid(name, 'takes numbers below 16777216, since it has a tag');
    bytes[0] = tag;
  } else if (tag > 0) {
    bytes = Buffer.concat([Buffer.from([tag]), bytes]);
  }
  const format = dictionary.format(definition.vendor);
  if (!format) return fitting(name, { vendor: definition.vendor, type: definition.number, value: bytes });
  const { typeBytes, lengthBytes } = format;
  const head = Buffer.alloc(typeBytes + lengthBytes);
  if (head.length + bytes.length > longestVendorValue + 2) throw invalid(name, 'is too long for a RADIUS attribute');
  head.writeUIntBE(definition.number, 0, typeBytes);
  if (lengthBytes > 0) head.writeUIntBE(head.length + bytes.length, typeBytes, lengthBytes);
  return { vendor: definition.vendor, type: -1, value: Buffer.concat([head, bytes]) };
}

interface Recognized {
  readonly definition: AttributeDefinition | undefined;
  readonly bytes: Buffer;
  readonly tag: number;
}

function recognize(dictionary: Dictionary, attribute: RadiusAttribute): Recognized {
  const { vendor, value } = attribute;
  let bytes = value;
  let number = attribute.type;
  const format = number === -1 ? dictionary.format(vendor) : undefined;
  if (format) {
    const head = format.typeBytes + format.lengthBytes;
    const whole = value.length >= head && (format.lengthBytes === 0 || lengthOf(value, format) === value.length);
    if (!whole) return { definition: undefined, bytes, tag: 0 };
    number = value.readUIntBE(0, format.typeBytes);
    bytes = value.subarray(head);
  }
  const definition = dictionary.byNumber(vendor, number);
  const first = bytes[0];
  if (!definition?.tagged || first === undefined || first > largestTag) return { definition, bytes, tag: 0 };
  if (definition.type !== 'integer') return { definition, bytes: bytes.subarray(1), tag: first };
  const untagged = Buffer.from(bytes);
  untagged[0] = 0;
  return { definition, bytes: untagged, tag: first };
}

function lengthOf(value: Buffer, { typeBytes, lengthBytes }: { typeBytes: number; lengthBytes: number }): number {
  return value.readUIntBE(typeBytes, lengthBytes);
}

function fitting(name: string, attribute: RadiusAttribute): RadiusAttribute {
  const longest =
    attribute.vendor === 0 ? longestValue : attribute.type === -1 ? longestVendorValue + 2 : longestVendorValue;
  if (attribute.value.length > longest)
    throw invalid(name, `has ${attribute.value.length} bytes; a RADIUS attribute holds at most ${longest}`);
  return attribute;
}

function invalid(name: string, problem: string): OssiaError {
  return new OssiaError('arguments_invalid', `${name} ${problem}`, { fields: [{ where: name, problem }] });
}

function* names(dictionary: Dictionary): Iterable<string> {
  for (const definition of dictionary.all()) yield definition.name;
}
