// The names, numbers and types of RADIUS attributes, read from files in the FreeRADIUS 3 dictionary format.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { OssiaError } from '../../errors.ts';
import { type AttributeType, isAttributeType } from './attribute-type.ts';

export interface AttributeDefinition {
  readonly name: string;
  /** 0 for the standard space. */
  readonly vendor: number;
  readonly number: number;
  /** Types that we do not interpret are `octets`. */
  readonly type: AttributeType;
  /** Of `octets[16]`; null = any. */
  readonly length: number | null;
  /** RFC 2868: the value can begin with a tag. */
  readonly tagged: boolean;
  /** The value is hidden with the secret on the wire: we neither write nor read it. */
  readonly encrypted: boolean;
  /** Its value is masked wherever it would be shown. */
  readonly secret: boolean;
  readonly numberOf: Map<string, number>;
  readonly nameOf: Map<number, string>;
}

/** How the attributes inside a Vendor-Specific are laid out: bytes of type and of length; 1 and 1 nearly always. */
export interface VendorFormat {
  readonly typeBytes: number;
  readonly lengthBytes: number;
}

export interface Dictionary {
  byName(name: string): AttributeDefinition | undefined;
  byNumber(vendor: number, number: number): AttributeDefinition | undefined;
  /** Only of vendors that differ from 1 and 1. */
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
  const numbers = new Map<number, AttributeDefinition>();
  const vendors = new Map<string, number>();
  const formats = new Map<number, VendorFormat>();
  let vendor = 0;
  // Attributes between BEGIN-TLV and END-TLV are parts of another one, which we keep whole.
  let insideTlv = false;

  function attribute(words: readonly string[], where: string): void {
    const [, name, number, type, ...flagWords] = words;
    if (name === undefined || number === undefined || type === undefined)
      throw wrong(where, 'ATTRIBUTE needs a name, a number and a type');
    if (insideTlv || number.includes('.')) return;
    const value = Number(number);
    if (!Number.isInteger(value) || value < 0) throw wrong(where, `"${number}" is no attribute number`);
    // The standard space has one byte; dictionaries of servers put attributes of their own above it.
    if (vendor === 0 && value > 255) return;
    const flags = flagWords.join(',').split(',');
    const definition = defineAttribute({ name, vendor, number: value, type, flags });
    const same = names.get(name);
    if (same) {
      if (same.vendor === vendor && same.number === value) return;
      throw wrong(where, `${name} is the name of another attribute already`);
    }
    names.set(name, definition);
    const key = keyOf(vendor, value);
    if (!numbers.has(key)) numbers.set(key, definition);
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
    const match = /^format=(\d),(\d)/.exec(format ?? '');
    if (!match) return;
    const typeBytes = Number(match[1]);
    const lengthBytes = Number(match[2]);
    if (typeBytes !== 1 || lengthBytes !== 1) formats.set(id, { typeBytes, lengthBytes });
  }

  const statements: Record<string, (words: readonly string[], where: string) => void> = {
    ATTRIBUTE: attribute,
    VALUE: value,
    VENDOR: defineVendor,
    'BEGIN-VENDOR': ([, name], where) => {
      const id = vendors.get(name ?? '');
      if (id === undefined) throw wrong(where, `there is no VENDOR ${name}`);
      vendor = id;
    },
    'END-VENDOR': () => {
      vendor = 0;
    },
    'BEGIN-TLV': () => {
      insideTlv = true;
    },
    'END-TLV': () => {
      insideTlv = false;
    },
  };

  return {
    statement(words, where) {
      const handle = statements[words[0] as string];
      if (!handle) throw wrong(where, `"${words[0]}" is no keyword of a RADIUS dictionary`);
      handle(words, where);
    },
    build() {
      const standard = Array.from({ length: 256 }, (_, number) => numbers.get(keyOf(0, number)));
      return {
        byName: (name) => names.get(name),
        byNumber: (id, number) => (id === 0 ? standard[number] : numbers.get(keyOf(id, number))),
        format: (id) => formats.get(id),
        all: () => [...names.values()],
      };
    },
  };
}

interface AttributeLine {
  readonly name: string;
  readonly vendor: number;
  readonly number: number;
  readonly type: string;
  readonly flags: readonly string[];
}

function defineAttribute({ name, vendor, number, type, flags }: AttributeLine): AttributeDefinition {
  const sized = /^octets\[(\d+)\]$/.exec(type);
  const plain = type.toLowerCase();
  const encrypted = flags.some((flag) => flag.startsWith('encrypt='));
  return {
    name,
    vendor,
    number,
    type: isAttributeType(plain) ? plain : 'octets',
    length: sized ? Number(sized[1]) : null,
    tagged: flags.includes('has_tag'),
    encrypted,
    secret: encrypted || flags.includes('secret') || /password|passwd|secret|-psk$/i.test(name),
    numberOf: new Map(),
    nameOf: new Map(),
  };
}

/** Below 2^53 for every vendor, also where types have four bytes. */
function keyOf(vendor: number, number: number): number {
  return vendor === 0 ? number : vendor * 0x10_0000 + number;
}

function wrong(where: string, problem: string): OssiaError {
  return new OssiaError('config_invalid', `${where}: ${problem}`, { fields: [{ where, problem }] });
}
