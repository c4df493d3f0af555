// Reports of plugins as lines for people, whatever JSON they are.
import { expect, test } from 'vitest';
import { readable } from '#core/accounts/readable.ts';

test.each<[string, unknown, string]>([
  ['a flat object', { mac: 'aa:bb', from: 'arp' }, 'mac   aa:bb\nfrom  arp'],
  ['what is not there', { mac: '', vlan: null, list: [], more: {} }, 'mac   -\nvlan  -\nlist  none\nmore  none'],
  ['flags and numbers', { up: true, lost: false, ms: 3.5 }, 'up    yes\nlost  no\nms    3.5'],
  ['a list of texts', ['раз', 'два'], '- раз\n- два'],
  [
    'a list of objects',
    { lists: [{ list: 'auth', on: true }, { list: 'b' }] },
    'lists\n  - list  auth\n    on    yes\n  - list  b',
  ],
  ['texts of several lines', { output: 'eth0\neth1' }, 'output  eth0\n        eth1'],
  ['a bare text', 'ping ok', 'ping ok'],
  ['nothing', null, '-'],
])('%s', (_what, value, text) => {
  expect(readable(value)).toBe(text);
});

test('a report that is very deep or very long is bounded', () => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 50; level++) deep = { deeper: deep };
  expect(readable(deep).split('\n').length).toBeLessThan(12);
  const long = readable(Array.from({ length: 5_000 }, (_, index) => index)).split('\n');
  expect([long.length, long.at(-1)]).toEqual([1_001, '... 4000 lines more']);
});
