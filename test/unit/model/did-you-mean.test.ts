// Which known name a mistyped one meant.
import { expect, test } from 'vitest';
import { editDistance, nearest } from '#core/model/did-you-mean.ts';

test.each([
  ['user_dorp', 'user_drop'],
  ['userdrop', 'user_drop'],
  ['USER_DROP', 'user_drop'],
  ['user_redirct', 'user_redirect'],
  ['usr_add', 'user_add'],
])('nearest takes %s for %s', (typed, meant) => {
  expect(nearest(typed, ['user_add', 'user_drop', 'user_redirect'])).toBe(meant);
});

test('nearest has no guess when nothing is near', () => {
  expect(nearest('reboot', ['user_add', 'user_drop'])).toBeUndefined();
  expect(nearest('', ['user_add'])).toBeUndefined();
  expect(nearest('x'.repeat(1_000_000), ['user_add'])).toBeUndefined();
});

test.each([
  ['', 'abc', 3],
  ['abc', 'abc', 0],
  ['abc', 'acb', 1],
  ['kitten', 'sitting', 3],
])('editDistance from "%s" to "%s" is %d', (from, to, distance) => {
  expect(editDistance({ from, to })).toBe(distance);
});
