// The waits of RFC 5080.
import { expect, test } from 'vitest';
import { nextWait } from '#core/transport/coa/retransmission.ts';

const times = { initial: 2_000, longest: 16_000 };

test('nextWait doubles from the initial wait up to the longest', () => {
  const waits = [nextWait(times, 0, 0.5)];
  while (waits.length < 6) waits.push(nextWait(times, waits.at(-1) ?? 0, 0.5));
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
});

test('nextWait varies each wait by at most ten percent', () => {
  expect(nextWait(times, 0, 0)).toBeCloseTo(1_800);
  expect(nextWait(times, 0, 1)).toBeCloseTo(2_200);
  expect(nextWait(times, 1_000, 0)).toBeCloseTo(1_900);
  expect(nextWait(times, 1_000, 1)).toBeCloseTo(2_100);
  expect(nextWait(times, 16_000, 0)).toBeCloseTo(14_400);
  expect(nextWait(times, 16_000, 1)).toBeCloseTo(17_600);
});
