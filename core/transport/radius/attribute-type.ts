// The data types of attribute values, RFC 8044: each one's bytes to text or number and back.
import { isUtf8 } from 'node:buffer';
import { isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';

/** A value as plugins write it. */
export type AttributeValue = string | number;

interface Codec {
  /** What it takes, for messages. */
  readonly takes: string;
  /** Undefined when the value is not of this type. */
  encode(value: AttributeValue): Buffer | undefined;
  /** Undefined when the bytes are not of this type. */
  decode(bytes: Buffer): AttributeValue | undefined;
}

const string: Codec = {
  takes: 'a text that is not empty',
  encode: (value) => (value === '' ? undefined : Buffer.from(String(value), 'utf8')),
  decode: (bytes) => (isUtf8(bytes) ? bytes.toString('utf8') : undefined),
};

const octets: Codec = {
  takes: 'bytes as 0x and hexadecimal digits, or a text',
  encode(value) {
    const text = String(value);
    if (!text.startsWith('0x')) return Buffer.from(text, 'utf8');
    return /^0x([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined;
  },
  decode: hex,
};

const integer = unsigned(4);

const date: Codec = {
  takes: 'seconds since 1970, or an ISO 8601 time',
  encode(value) {
    const seconds = toInteger(value) ?? BigInt(Math.floor((Date.parse(String(value)) || -1000) / 1000));
    return integer.encode(seconds.toString());
  },
  decode: integer.decode,
};

const signed: Codec = {
  takes: 'a whole number from -2147483648 to 2147483647',
  encode(value) {
    const number = Number(toInteger(value) ?? Number.NaN);
    if (!(number >= -0x8000_0000 && number <= 0x7fff_ffff)) return undefined;
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeInt32BE(number);
    return bytes;
  },
  decode: (bytes) => (bytes.length === 4 ? bytes.readInt32BE(0) : undefined),
};

const ipaddr: Codec = {
  takes: 'an IPv4 address',
  encode: (value) => (isIPv4(String(value)) ? Buffer.from(String(value).split('.').map(Number)) : undefined),
  decode: (bytes) => (bytes.length === 4 ? `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}` : undefined),
};

const ipv6addr: Codec = {
  takes: 'an IPv6 address',
  encode: (value) => ipv6Bytes(String(value)),
  decode: (bytes) => (bytes.length === 16 ? ipv6Text(bytes) : undefined),
};

/** RFC 3162 section 2.3: bytes that the prefix length leaves out may be missing; bits beyond it are zero. */
const ipv6prefix = prefix({ takes: 'an IPv6 prefix like 2001:db8::/56', size: 16, address: ipv6addr });

/** RFC 8044 section 3.11. */
const ipv4prefix = prefix({ takes: 'an IPv4 prefix like 10.0.0.0/8', size: 4, address: ipaddr });

const comboIp: Codec = {
  takes: 'an IP address',
  encode: (value) => (isIP(String(value)) === 6 ? ipv6addr : ipaddr).encode(value),
  decode: (bytes) => ipaddr.decode(bytes) ?? ipv6addr.decode(bytes),
};

const codecs = {
  string,
  octets,
  integer,
  date,
  signed,
  ipaddr,
  ipv6addr,
  ipv6prefix,
  ipv4prefix,
  'combo-ip': comboIp,
  byte: unsigned(1),
  short: unsigned(2),
  integer64: unsigned(8),
  ifid: groups({ takes: 'an interface id like 0011:2233:4455:6677', size: 8, digits: 4 }),
  ether: groups({ takes: 'a MAC address like 00:11:22:33:44:55', size: 6, digits: 2 }),
} as const satisfies Record<string, Codec>;

export type AttributeType = keyof typeof codecs;

export function isAttributeType(name: string): name is AttributeType {
  return Object.hasOwn(codecs, name);
}

export function codecOf(type: AttributeType): Codec {
  return codecs[type];
}

export function hex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`;
}

/** Numbers of eight bytes are read as decimal text: JSON has no room for them. */
function unsigned(size: 1 | 2 | 4 | 8): Codec {
  const largest = (1n << BigInt(size * 8)) - 1n;
  return {
    takes: `a whole number from 0 to ${largest}`,
    encode(value) {
      const number = toInteger(value);
      if (number === undefined || number < 0n || number > largest) return undefined;
      const bytes = Buffer.allocUnsafe(size);
      if (size === 8) bytes.writeBigUInt64BE(number);
      else bytes.writeUIntBE(Number(number), 0, size);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length !== size) return undefined;
      return size === 8 ? bytes.readBigUInt64BE(0).toString() : bytes.readUIntBE(0, size);
    },
  };
}

function toInteger(value: AttributeValue): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function groups({ takes, size, digits }: { takes: string; size: number; digits: number }): Codec {
  return {
    takes,
    encode(value) {
      const plain = String(value).replaceAll(/[:.-]/g, '');
      return plain.length === size * 2 && /^[0-9a-f]+$/i.test(plain) ? Buffer.from(plain, 'hex') : undefined;
    },
    decode(bytes) {
      if (bytes.length !== size) return undefined;
      return (bytes.toString('hex').match(new RegExp(`.{${digits}}`, 'g')) as string[]).join(':');
    },
  };
}

function prefix({ takes, size, address }: { takes: string; size: number; address: Codec }): Codec {
  return {
    takes,
    encode(value) {
      const [, text, bits] = /^([^/]+)\/(\d{1,3})$/.exec(String(value)) ?? [];
      const bytes = text === undefined ? undefined : address.encode(text);
      const length = Number(bits);
      if (!bytes || length > size * 8) return undefined;
      for (let bit = length; bit < size * 8; bit++)
        bytes[bit >> 3] = (bytes[bit >> 3] as number) & ~(0x80 >> (bit & 7));
      return Buffer.concat([Buffer.from([0, length]), bytes]);
    },
    decode(bytes) {
      const length = bytes[1];
      if (length === undefined || length > size * 8 || bytes.length > size + 2) return undefined;
      if ((bytes.length - 2) * 8 < length) return undefined;
      const full = Buffer.alloc(size);
      bytes.copy(full, 0, 2);
      return `${address.decode(full)}/${length}`;
    },
  };
}

function ipv6Bytes(text: string): Buffer | undefined {
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // Node writes the last 32 bits as an IPv4 address where the RFC does; those count as two groups.
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  const plain = dotted
    ? `${dotted[1]}${pair(Number(dotted[2]), Number(dotted[3]))}:${pair(Number(dotted[4]), Number(dotted[5]))}`
    : text;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const bytes = Buffer.alloc(16);
  left.forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  });
  right.forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 16 - (right.length - index) * 2);
  });
  return bytes;
}

function pair(high: number, low: number): string {
  return ((high << 8) | low).toString(16);
}

function ipv6Text(bytes: Buffer): string {
  const full = (bytes.toString('hex').match(/.{4}/g) as string[]).join(':');
  // Node shortens it as RFC 5952 asks.
  return new SocketAddress({ address: full, family: 'ipv6' }).address;
}
