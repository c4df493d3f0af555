// The names, numbers and types of RADIUS attributes, read from files in the FreeRADIUS 3 dictionary format.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OssiaError } from '../../errors.ts';
import { type AttributeType, isAttributeType } from './attribute-type.ts';

export interface AttributeDefinition {
  readonly name: string;
  /** 0 for the standard space. */
  readonly vendor: number;
  /** In its own space: the last of `path`. */
  readonly number: number;
  /** As RFC 6929 writes it: `[1]`, `[26, 9, 1]`, `[173, 2]` for a part of a TLV, `[245, 26, 11344, 1]`. */
  readonly path: readonly number[];
  /** Types that we do not interpret are `octets`. */
  readonly type: AttributeType;
  /** Of `octets[16]`; null = any. */
  readonly length: number | null;
  /** RFC 2868: the value can begin with a tag. */
  readonly tagged: boolean;
  /** The value is hidden with the secret on the wire: it can be written, but is not read. */
  readonly encrypted: boolean;
  /** How: 1 as User-Password, 2 as Tunnel-Password, 3 as Ascend does, which we cannot; 0 not at all. */
  readonly hiding: number;
  /** Its value is a list of attributes. */
  readonly isTlv: boolean;
  /** A longer value goes on in the next attribute of the same number. */
  readonly concat: boolean;
  /** Its value is masked wherever it would be shown. */
  readonly secret: boolean;
  readonly numberOf: Map<string, number>;
  readonly nameOf: Map<number, string>;
}

/** How the attributes inside a Vendor-Specific are laid out: bytes of type and of length; 1 and 1 nearly always. */
export interface VendorFormat {
  readonly typeBytes: number;
  readonly lengthBytes: number;
  /** WiMAX: a byte follows whose high bit says that the value goes on in the next one. */
  readonly continued: boolean;
}

export interface Dictionary {
  byName(name: string): AttributeDefinition | undefined;
  byNumber(vendor: number, number: number): AttributeDefinition | undefined;
  byPath(path: readonly number[]): AttributeDefinition | undefined;
  /** Only of vendors that differ from 1, 1 and not continued. */
  format(vendor: number): VendorFormat | undefined;
  all(): readonly AttributeDefinition[];
}

/** Reads `dictionary` in that directory and what it includes. Throws `config_invalid` with file and line of everything wrong. */
export async function loadDictionary(directory: string): Promise<Dictionary> {
  const builder = createBuilder();
  await readInto(builder, { file: join(directory, 'dictionary'), depth: 0 });
  return builder.build();
}

const deepestInclude = 8;

async function readInto(builder: Builder, source: { readonly file: string; readonly depth: number }): Promise<void> {
  const { file, depth } = source;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new OssiaError('config_invalid', `the RADIUS dictionary ${file} cannot be read`, { cause: error });
  });
  let line = 0;
  for (const raw of text.split('\n')) {
    line++;
    const words = raw.replace(/(^|\s)#.*$/, '').match(/\S+/g);
    if (!words) continue;
    const where = `${file}:${line}`;
    const [keyword, target] = words;
    if (keyword !== '$INCLUDE' && keyword !== '$INCLUDE-') {
      builder.statement(words, where);
      continue;
    }
    if (target === undefined || depth >= deepestInclude) throw wrong(where, 'an $INCLUDE of nothing, or of itself');
    const included = resolve(dirname(file), target);
    // The dash makes it optional.
    if (keyword === '$INCLUDE-' && !(await readable(included))) continue;
    await readInto(builder, { file: included, depth: depth + 1 });
  }
}

async function readable(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  );
}

interface Builder {
  statement(words: readonly string[], where: string): void;
  build(): Dictionary;
}

function createBuilder(): Builder {
  const names = new Map<string, AttributeDefinition>();
  const paths = new Map<string, AttributeDefinition>();
  const tlvs = new Set<string>();
  const vendors = new Map<string, number>();
  const formats = new Map<number, VendorFormat>();
  let vendor = 0;
  /** What stands before the number that a line gives: a vendor's space, and the TLVs that are open. */
  let prefix: readonly number[] = [];
  const outer: (readonly number[])[] = [];

  function attribute(words: readonly string[], where: string): void {
    const [, name, number, type, ...flagWords] = words;
    if (name === undefined || number === undefined || type === undefined)
      throw wrong(where, 'ATTRIBUTE needs a name, a number and a type');
    const own = number.split('.').map(Number);
    if (!own.every((part) => Number.isInteger(part) && part >= 0))
      throw wrong(where, `"${number}" is no attribute number`);
    const path = [...prefix, ...own];
    // The standard space has one byte; dictionaries of servers put attributes of their own above it.
    if ((path[0] as number) > 255 || !hasParent(path)) return;
    const flags = flagWords.join(',').split(',');
    const definition = defineAttribute({ name, vendor, path, type, flags });
    const same = names.get(name);
    if (same) {
      if (same.path.join('.') === path.join('.')) return;
      throw wrong(where, `${name} is the name of another attribute already`);
    }
    names.set(name, definition);
    const key = path.join('.');
    if (!paths.has(key)) paths.set(key, definition);
    if (definition.isTlv) tlvs.add(key);
  }

  /** A part of something that is not known cannot be read. */
  function hasParent(path: readonly number[]): boolean {
    const head = headOf(path);
    return path.length === head || (path.length > head && tlvs.has(path.slice(0, -1).join('.')));
  }

  function value(words: readonly string[], where: string): void {
    const [, name, label, number] = words;
    if (name === undefined || label === undefined || number === undefined)
      throw wrong(where, 'VALUE needs an attribute, a name and a number');
    const definition = names.get(name);
    // Of attributes that were passed over above.
    if (!definition) return;
    const parsed = Number(number);
    if (!Number.isInteger(parsed)) throw wrong(where, `"${number}" is no value of ${name}`);
    definition.numberOf.set(label, parsed);
    if (!definition.nameOf.has(parsed)) definition.nameOf.set(parsed, label);
  }

  function defineVendor(words: readonly string[], where: string): void {
    const [, name, number, format] = words;
    const id = Number(number);
    if (name === undefined || !Number.isInteger(id) || id < 1) throw wrong(where, 'VENDOR needs a name and a number');
    vendors.set(name, id);
    const match = /^format=(\d),(\d)(,c)?/.exec(format ?? '');
    if (!match) return;
    const typeBytes = Number(match[1]);
    const lengthBytes = Number(match[2]);
    const continued = match[3] !== undefined;
    if (typeBytes !== 1 || lengthBytes !== 1 || continued) formats.set(id, { typeBytes, lengthBytes, continued });
  }

  const statements: Record<string, (words: readonly string[], where: string) => void> = {
    ATTRIBUTE: attribute,
    VALUE: value,
    VENDOR: defineVendor,
    'BEGIN-VENDOR': ([, name, format], where) => {
      const id = vendors.get(name ?? '');
      if (id === undefined) throw wrong(where, `there is no VENDOR ${name}`);
      // RFC 6929 section 2.3: a vendor's space inside an extended one.
      const space = /^format=(.+)$/.exec(format ?? '')?.[1];
      const within = space === undefined ? [26] : names.get(space)?.path;
      if (within === undefined) throw wrong(where, `there is no attribute ${space}`);
      vendor = id;
      prefix = [...within, id];
    },
    'END-VENDOR': () => {
      vendor = 0;
      prefix = [];
      outer.length = 0;
    },
    'BEGIN-TLV': ([, name], where) => {
      const parent = names.get(name ?? '');
      if (!parent?.isTlv) throw wrong(where, `there is no TLV ${name}`);
      outer.push(prefix);
      prefix = parent.path;
    },
    'END-TLV': (_words, where) => {
      const before = outer.pop();
      if (before === undefined) throw wrong(where, 'no TLV is open');
      prefix = before;
    },
  };

  return {
    statement(words, where) {
      const handle = statements[words[0] as string];
      if (!handle) throw wrong(where, `"${words[0]}" is no keyword of a RADIUS dictionary`);
      handle(words, where);
    },
    build() {
      const standard = Array.from({ length: 256 }, (_, number) => paths.get(String(number)));
      const ofVendors = new Map<number, AttributeDefinition>();
      for (const definition of paths.values())
        if (definition.path[0] === 26 && definition.path.length === 3)
          ofVendors.set(keyOf(definition.vendor, definition.number), definition);
      return {
        byName: (name) => names.get(name),
        byNumber: (id, number) => (id === 0 ? standard[number] : ofVendors.get(keyOf(id, number))),
        byPath: (path) => paths.get(path.join('.')),
        format: (id) => formats.get(id),
        all: () => [...names.values()],
      };
    },
  };
}

interface AttributeLine {
  readonly name: string;
  readonly vendor: number;
  readonly path: readonly number[];
  readonly type: string;
  readonly flags: readonly string[];
}

function defineAttribute({ name, vendor, path, type, flags }: AttributeLine): AttributeDefinition {
  const sized = /^octets\[(\d+)\]$/.exec(type);
  const plain = type.toLowerCase();
  const hiding = Number(flags.find((flag) => flag.startsWith('encrypt='))?.slice('encrypt='.length) ?? 0);
  return {
    name,
    vendor,
    number: path.at(-1) as number,
    path,
    type: isAttributeType(plain) ? plain : 'octets',
    length: sized ? Number(sized[1]) : null,
    tagged: flags.includes('has_tag'),
    encrypted: hiding !== 0,
    hiding,
    isTlv: plain === 'tlv',
    concat: flags.includes('concat'),
    secret: hiding !== 0 || flags.includes('secret') || /password|passwd|secret|-psk$/i.test(name),
    numberOf: new Map(),
    nameOf: new Map(),
  };
}

/** How much of a path names the attribute itself; what comes after are parts of its TLV. */
export function headOf(path: readonly number[]): number {
  const [first = 0, second] = path;
  // Two for a Vendor-Specific's whole body.
  if (first === 26) return Math.min(path.length, 3);
  if (first < 241 || first > 246 || path.length === 1) return 1;
  return second === 26 && path.length > 2 ? 4 : 2;
}

/** Below 2^53 for every vendor, also where types have four bytes. */
function keyOf(vendor: number, number: number): number {
  return vendor === 0 ? number : vendor * 0x10_0000 + number;
}

function wrong(where: string, problem: string): OssiaError {
  return new OssiaError('config_invalid', `${where}: ${problem}`, { fields: [{ where, problem }] });
}
