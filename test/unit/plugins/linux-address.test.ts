// Addresses of the linux plugin beside those of Node: the same texts are addresses, and they are printed the same.
import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAddress, parseNetwork } from '../../../plugins/linux/address.ts';

const asNode = (text: string) => (isIP(text) === 6 ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : text);
const sameAsNode = (text: string) => {
  expect(parseAddress(text)?.text ?? null).toBe(isIP(text) ? asNode(text) : null);
};

test('every address of Node is one of ours and is printed the same', () => {
  fc.assert(fc.property(fc.ipV4(), sameAsNode));
  fc.assert(fc.property(fc.ipV6(), sameAsNode), { numRuns: 2_000 });
});

test('texts that look like addresses are ones for us when they are for Node', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789abf:.'), minLength: 1, maxLength: 40 });
  fc.assert(fc.property(digits, sameAsNode), { numRuns: 5_000 });
});

test.each([
  ['10.0.0.1/32', '10.0.0.1'],
  ['10.0.0.0/24', null],
  ['10.0.0.256', null],
  ['FD00:0:0::5/128', 'fd00::5'],
  ['fd00::5/32', null],
  ['10.0.0.1\n', null],
  ['10.0.0.1 }', null],
  ['fe80::1%eth0', null],
  ['', null],
])('%j is %j', (text, address) => {
  expect(parseAddress(text)?.text ?? null).toBe(address);
});

test('a network begins at its first address and knows its size', () => {
  expect(parseNetwork('10.1.2.3/16')).toEqual({ family: 4, first: 0x0a010000n, size: 65_536n });
  expect(parseNetwork('fd00::1/120')).toMatchObject({ family: 6, size: 256n });
  expect(parseNetwork('0.0.0.0/0')).toMatchObject({ size: 2n ** 32n });
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '/8', 'x/8', '10.0.0.0/8/8'])
    expect(parseNetwork(text)).toBeNull();
});
