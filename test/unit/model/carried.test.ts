// Key parameters that hooks carry: what a job leaves of them on a box, and what an account should have of them.
import { expect, test } from 'vitest';
import { carriedText, isFoundIn, leftBy, wantedOf } from '#core/model/carried.ts';
import { catalogue } from '#test/support/catalogue.ts';

const settlesOf = (hook: string) => catalogue.get(hook)?.settles ?? null;

test.each([
  ['203.0.113.5', '203.0.113.5'],
  ['203.0.113.5/32', '203.0.113.5'],
  ['::ffff:203.0.113.5', '203.0.113.5'],
  ['2001:DB8:0::5/128', '2001:db8::5'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['203.0.113.0/28', '203.0.113.0/28'],
  ['', 'none'],
  [null, 'none'],
  [undefined, 'none'],
])('%j is %s', (value, text) => {
  expect(carriedText(value)).toBe(text);
});

test.each([
  ['user_add', { snatip: '203.0.113.5/32' }, { exists: 'true', snatip: '203.0.113.5' }],
  ['user_add', { snatip: '' }, { exists: 'true', snatip: 'none' }],
  ['user_add', {}, { exists: 'true' }],
  ['user_del', { snatip: '203.0.113.5' }, { exists: 'false' }],
  ['user_edit', { snatip: '203.0.113.5' }, {}],
  ['user_drop', { snatip: '203.0.113.5' }, { accept: 'false' }],
] as const)('%s with %j leaves %j', (hook, account, left) => {
  expect(leftBy(settlesOf(hook), account)).toEqual(left);
});

test.each([
  ['has one', { snatip: '203.0.113.5/32' }, 'true', {}, '203.0.113.5'],
  ['has none, and none is seen', {}, 'true', { snatip: 'none' }, undefined],
  ['has none, and one is seen', { snatip: '' }, 'true', { snatip: '203.0.113.5' }, 'none'],
  ['is gone', { snatip: '203.0.113.5' }, 'false', { snatip: '203.0.113.5' }, undefined],
])('an account that %s', (_, variables: Record<string, string>, exists, seen, snatip) => {
  const wanted = wantedOf({ variables, desired: { exists } }, isFoundIn(seen));
  expect(wanted).toEqual({ exists, ...(snatip !== undefined && { snatip }) });
});
