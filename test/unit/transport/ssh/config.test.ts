// The ssh section of a profile: what is taken, and that a section without host key policy is not.
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { sshConfig } from '#core/transport/ssh/config.ts';

const pin = 'SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU';
const base = { host: 'bras-1', user: 'ossia', password: 'p', host_key: pin };

function problems(section: unknown): string[] {
  return sshConfig.safeParse(section).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
}

test('a section has defaults for everything but host, user, credentials and host key', () => {
  expect(sshConfig.parse(base)).toEqual({
    ...base,
    port: 22,
    host_key: { type: 'pin', fingerprints: [pin] },
    legacy: false,
    connect_timeout: 10_000,
    keepalive: 5_000,
    idle_close: 120_000,
    max_channels: 4,
    max_output: 8 * 1_024 ** 2,
  });
});

test('a section without host key policy is refused with the ways to give one', () => {
  const { host_key: _, ...without } = base;
  expect(problems(without)).toEqual([expect.stringMatching(/^host_key: .*required.*SHA256:.*known_hosts.*tofu/)]);
});

test.each([
  [true],
  ['any'],
  ['SHA256:short'],
  [{ tofu: 'relative' }],
  [{ known_hosts: '/a', tofu: '/b' }],
  [[]],
  [null],
])('the host key policy %j is refused', (host_key) => {
  expect(problems({ ...base, host_key })).toEqual([expect.stringMatching(/^host_key: is none of the forms/)]);
});

test.each([
  [{ known_hosts: '/etc/ssh/ssh_known_hosts' }, { type: 'known_hosts', file: '/etc/ssh/ssh_known_hosts' }],
  [{ tofu: '/var/lib/ossia/seen' }, { type: 'tofu', file: '/var/lib/ossia/seen' }],
  [[pin, `${pin}=`], { type: 'pin', fingerprints: [pin, `${pin}=`] }],
])('the host key policy %j is taken', (host_key, policy) => {
  expect(sshConfig.parse({ ...base, host_key }).host_key).toEqual(policy);
});

test('credentials must be there and be usable, and are never in the message', () => {
  const { password: _, ...without } = base;
  expect(problems(without)).toEqual(['password: give a password or a private_key']);
  const wrong = problems({ ...without, private_key: 'sekret-nonsense' });
  expect(wrong).toEqual([expect.stringMatching(/^private_key: /)]);
  expect(wrong.join()).not.toContain('sekret');
});

test('an encrypted key wants its passphrase', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'pkcs1', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'open' },
  });
  const { password: _, ...without } = base;
  expect(problems({ ...without, private_key: privateKey })).toHaveLength(1);
  expect(problems({ ...without, private_key: privateKey, passphrase: 'wrong' })).toHaveLength(1);
  expect(problems({ ...without, private_key: privateKey, passphrase: 'open' })).toEqual([]);
});
