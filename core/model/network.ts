// Addresses and networks as texts that sort as the addresses do: `4` or `6` and the bytes in hex.
import { isIPv4, isIPv6 } from 'node:net';

/** Undefined when the text is no address. */
export function addressKey(text: string): string | undefined {
  if (isIPv4(text)) return v4Key(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const hex = hexOf(text);
  // An IPv4 address wrapped in IPv6 is that address.
  return hex.startsWith('00000000000000000000ffff') ? `4${hex.slice(24)}` : `6${hex}`;
}

/** The first and the last key of a network like `10.0.0.0/8` or `2001:db8::/32`; of a bare address, itself. */
export function networkKeys(text: string): { readonly first: string; readonly last: string } | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const key = addressKey(address);
  if (key === undefined || rest.length > 0) return undefined;
  const width = key.startsWith('4') ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? width : Number(length);
  if (bits > width) return undefined;
  return { first: firstOfNetwork(key, bits), last: edgeOf(key, bits, 'f') };
}

/** The key of an address, of a prefix that of its first address; empty when the text is neither. */
export function startKey(text: string): string {
  return (text === '' ? undefined : networkKeys(text)?.first) ?? '';
}

/** The key of the first address of the network of so many bits that this address is in. */
export function firstOfNetwork(key: string, bits: number): string {
  return edgeOf(key, bits, '0');
}

function edgeOf(key: string, bits: number, digit: '0' | 'f'): string {
  const hex = key.slice(1);
  const whole = bits >> 2;
  const head = key.slice(0, 1 + whole);
  const rests = bits & 3;
  if (rests === 0) return head + digit.repeat(hex.length - whole);
  const mask = (0xf << (4 - rests)) & 0xf;
  const value = Number.parseInt(hex[whole] ?? '0', 16);
  const edge = digit === '0' ? value & mask : (value & mask) | (~mask & 0xf);
  return head + edge.toString(16) + digit.repeat(hex.length - whole - 1);
}

const byteHex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Runs for a million sessions in a row. */
function v4Key(text: string): string {
  let key = '4';
  let byte = 0;
  for (let at = 0; at <= text.length; at++) {
    const digit = at < text.length ? text.charCodeAt(at) - 48 : -2;
    if (digit >= 0) byte = byte * 10 + digit;
    else {
      key += byteHex[byte];
      byte = 0;
    }
  }
  return key;
}

const bytes = Buffer.alloc(16);

/** Runs for a million sessions in a row: digit by digit into the bytes, what `::` stands for is moved in at the end. */
function hexOf(text: string): string {
  const dotted = text.includes('.') ? /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) : null;
  const plain = dotted === null ? text : `${dotted[1]}${pairsOf(dotted[2] ?? '')}`;
  let filled = 0;
  let gapAt = -1;
  let group = -1;
  for (let at = 0; at <= plain.length; at++) {
    const code = at < plain.length ? plain.charCodeAt(at) : colon;
    if (code !== colon) {
      group = Math.max(group, 0) * 16 + (code <= nine ? code - 48 : (code | 32) - 87);
      continue;
    }
    if (group >= 0) {
      bytes[filled++] = group >> 8;
      bytes[filled++] = group & 255;
    } else if (at > 0 && at < plain.length) gapAt = filled;
    group = -1;
  }
  if (gapAt >= 0) {
    bytes.copyWithin(16 - (filled - gapAt), gapAt, filled);
    bytes.fill(0, gapAt, 16 - (filled - gapAt));
  }
  return bytes.toString('hex');
}

const colon = 58;
const nine = 57;

function pairsOf(dotted: string): string {
  const hex = v4Key(dotted).slice(1);
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}
