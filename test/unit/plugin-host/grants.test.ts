// Patterns of what a plugin may do: what fits, what does not, and who said no.
import { expect, test } from 'vitest';
import { createGrants } from '#core/plugin-host/grants.ts';

function refusal(
  asked: string[],
  subject: string[] | null,
  more: { given?: string[]; access?: 'read' | 'write' } = {},
) {
  const grants = createGrants({
    plugin: 'acme',
    nas: 'bras-1',
    asked: { ssh: asked },
    given: more.given ? { ssh: more.given } : {},
  });
  return grants.refusal({ transport: 'ssh', access: more.access ?? 'write', subjects: subject && [subject] });
}

test.each([
  ['*', ['anything', 'at', 'all'], true],
  ['/ppp/active', ['/ppp/active'], true],
  ['/ppp/active', ['/ppp/active/remove'], false],
  ['/ppp/*', ['/ppp/active/remove'], true],
  ['/ppp/*', ['/user'], false],
  ['show *', ['show', 'interfaces', 'brief'], true],
  ['show *', ['show'], false],
  ['show *', ['showcase', 'x'], false],
  ['tc class * dev *', ['tc', 'class', 'add', 'dev', 'eth0', 'x'], true],
  ['tc class * dev *', ['tc', 'class', 'add', 'x', 'dev', 'eth0'], false],
  ['a*b*c', ['abc'], true],
  ['a*b*c', ['a-b-b-c'], true],
  ['a*b*c', ['acb'], false],
  ['a*a', ['a'], false],
  ['*.cmd', ['x.cmd'], true],
  ['GET /users/*', ['GET', '/users/a%2Fb/packages'], true],
  ['GET /users/*', ['POST', '/users/1'], false],
  ['a.c', ['abc'], false],
] as const)('%j and %j: %s', (pattern, words, fits) => {
  expect(refusal([pattern], [...words]) === '').toBe(fits);
});

test('read: lets reads through and no write', () => {
  expect(refusal(['read:/ip/arp'], ['/ip/arp'], { access: 'read' })).toBe('');
  expect(refusal(['read:/ip/arp'], ['/ip/arp'])).toBe('the plugin.json of acme does not ask for that');
});

test('what cannot be told is only for those who may do anything', () => {
  expect(refusal(['nft *'], null)).not.toBe('');
  expect(refusal(['*'], null)).toBe('');
  expect(refusal(['*'], null, { given: ['nft *'] })).toBe('the profile bras-1 does not grant that');
});

test('the profile narrows and never widens', () => {
  expect(refusal(['nft *', 'tc *'], ['tc', '-V'], { given: ['nft *'] })).toBe('the profile bras-1 does not grant that');
  expect(refusal(['nft *'], ['tc', '-V'], { given: ['*'] })).toBe('the plugin.json of acme does not ask for that');
  expect(refusal(['nft *'], ['nft', '-f', '-'], { given: [] })).toBe('the profile bras-1 does not grant that');
});

test('a transport that nobody asked for is refused, also under the name of what every object has', () => {
  const grants = createGrants({ plugin: 'acme', nas: 'bras-1', asked: { ssh: ['*'] }, given: {} });
  for (const transport of ['coa', 'constructor', '__proto__'])
    expect(grants.refusal({ transport, access: 'read', subjects: [['x']] })).not.toBe('');
});

test('every command of a line must be granted', () => {
  const grants = createGrants({ plugin: 'acme', nas: 'bras-1', asked: { ssh: ['nft *'] }, given: {} });
  const subjects = [['nft', '-f', '-'], ['reboot']];
  expect(grants.refusal({ transport: 'ssh', access: 'write', subjects })).not.toBe('');
});
