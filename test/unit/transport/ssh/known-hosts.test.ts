// Lines of known_hosts: which of them speak of a host.
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatKnownHost, keysOf, keyTypeOf } from '#core/transport/ssh/known-hosts.ts';

const key = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.from('the key')]);
const encoded = key.toString('base64');
const hashed = (name: string) => {
  const salt = Buffer.from('0123456789abcdefghij');
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
};

test.each([
  ['bras-1', 22, true],
  ['BRAS-1', 22, true],
  ['other,bras-1', 22, true],
  ['bras-*', 22, true],
  ['bras-?', 22, true],
  ['bras-*,!bras-1', 22, false],
  ['bras-11', 22, false],
  ['bras.1', 22, false],
  ['[bras-1]:22', 22, false],
  ['bras-1', 2222, false],
  ['[bras-1]:2222', 2222, true],
  [hashed('bras-1'), 22, true],
  [hashed('[bras-1]:2222'), 2222, true],
  [hashed('bras-2'), 22, false],
  ['|1|broken', 22, false],
])('the name %s at port %i speaks of bras-1: %j', (names, port, isKnown) => {
  const found = keysOf(`${names} ssh-ed25519 ${encoded} note\n`, { host: 'bras-1', port });
  expect(found).toEqual(isKnown ? [{ revoked: false, key }] : []);
});

test('comments, empty and broken lines and authorities are passed over, revoked keys are marked', () => {
  const text = `# bras-1 ssh-ed25519 ${encoded}\n\nbras-1\n@cert-authority bras-1 ssh-ed25519 ${encoded}\n@revoked bras-1 ssh-ed25519 ${encoded}\r\n`;
  expect(keysOf(text, { host: 'bras-1', port: 22 })).toEqual([{ revoked: true, key }]);
});

test('a line that we write is one that we read', () => {
  for (const port of [22, 2222]) {
    const address = { host: 'fd00::1', port };
    expect(keysOf(formatKnownHost({ address, key }), address)).toEqual([{ revoked: false, key }]);
  }
});

test('the type of a key is read from the key, whatever bytes it has', () => {
  expect(keyTypeOf(key)).toBe('ssh-ed25519');
  for (const bytes of [[], [0, 0, 0], [0xff, 0xff, 0xff, 0xff, 1], [0, 0, 0, 9, 1]])
    expect(keyTypeOf(Buffer.from(bytes))).toBe('unknown');
});
