// Reads the lines of an OpenSSH known_hosts file: hashed names, wildcards, ports and @revoked included.
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface KnownKey {
  readonly revoked: boolean;
  readonly key: Buffer;
}

interface HostAddress {
  readonly host: string;
  readonly port: number;
}

/** The keys on record for this host. Lines that do not parse are passed over, as ssh does. */
export function keysOf(text: string, address: HostAddress): KnownKey[] {
  const name = hostNameOf(address);
  return text.split('\n').flatMap((line) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) return [];
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, , key] = words;
    if (marker === '@cert-authority' || !hosts || !key || !namesHost(hosts, name)) return [];
    return [{ revoked: marker === '@revoked', key: Buffer.from(key, 'base64') }];
  });
}

export function formatKnownHost({ address, key }: { address: HostAddress; key: Buffer }): string {
  return `${hostNameOf(address)} ${keyTypeOf(key)} ${key.toString('base64')}\n`;
}

/** The first field of the key's wire form, RFC 4253 6.6. */
export function keyTypeOf(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : 'unknown';
}

function hostNameOf({ host, port }: HostAddress): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
}

function namesHost(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return isHashOf(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  const matches = (pattern: string) => wildcard(pattern).test(name);
  if (patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern));
}

function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', digest = ''] = hashed.split('|');
  const expected = Buffer.from(digest, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, (character) =>
    character === '*' ? '.*' : character === '?' ? '.' : `\\${character}`,
  );
  return new RegExp(`^${escaped}$`);
}
