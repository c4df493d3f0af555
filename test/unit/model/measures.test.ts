// Durations, sizes and rates as people write them.
import { expect, test } from 'vitest';
import { parseDuration } from '#core/model/duration.ts';
import { canonicalAddress } from '#core/model/fields.ts';
import { parseRate } from '#core/model/rate.ts';
import { parseSize } from '#core/model/size.ts';

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5m', 90_000],
  ['1m30s', 90_000],
  ['2h', 7_200_000],
  ['7d', 604_800_000],
  [' 3s ', 3000],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1s 2', undefined],
  ['1e9s', undefined],
  ['', undefined],
])('duration %j is %j ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ['64MB', 67_108_864],
  ['512kb', 524_288],
  ['1.5GB', 1_610_612_736],
  ['10B', 10],
  ['10', undefined],
  ['MB', undefined],
  ['1TB', undefined],
])('size %j is %j bytes', (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test.each([
  ['50/s', 50],
  ['300/min', 5],
  ['3600/h', 1],
  ['0.5/s', 0.5],
  ['unlimited', Number.POSITIVE_INFINITY],
  ['0/s', undefined],
  ['50', undefined],
  ['50/d', undefined],
])('rate %j is %j per second', (text, expected) => {
  expect(parseRate(text)).toBe(expected);
});

test.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['10.0.0.256', undefined],
  ['bras', undefined],
])('address %j is written %j', (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected);
});
