// The order of many keys at once is the plain order of texts, equal ones by their slots.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderOf, orderOfNumbers } from '#core/sessions/key-order.ts';

const key = fc.oneof(
  fc.constantFrom('', 'nas', 'nas-1', 'абонент-7', 'абонент-77'),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'я', '\u00ff', '\u00fe', '\uffff', '\0'), maxLength: 9 }),
  fc.nat(5000).map((n) => `user${String(n).padStart(7, '0')}`),
);

function plainOrder(keys: readonly string[]): number[] {
  return keys
    .map((_, at) => at)
    .sort((a, b) => {
      const [left, right] = [keys[a] as string, keys[b] as string];
      return left < right ? -1 : left > right ? 1 : a - b;
    });
}

test('orderOf sorts few keys as texts do, and keeps equal ones in their order', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 600 }), (keys) => {
      expect([...orderOf(keys)]).toEqual(plainOrder(keys));
    }),
    { numRuns: 100 },
  );
});

test('orderOf sorts many keys as texts do, also behind heads that thousands share', () => {
  const some = fc.array(key, { minLength: 1, maxLength: 200 });
  const heads = fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(some, heads, fc.integer({ min: 1, max: 97 }), (tails, shared, step) => {
      const keys = Array.from({ length: 6000 }, (_, n) => {
        const tail = n % 3 === 0 ? String((n * step) % 4000) : tails[(n * step) % tails.length];
        return `${shared[n % shared.length]}${tail}`;
      });
      expect([...orderOf(keys)]).toEqual(plainOrder(keys));
    }),
    { numRuns: 25 },
  );
});

test('orderOf gives slots: equal keys stand in the order of theirs', () => {
  const count = 4000;
  const slots = Uint32Array.from({ length: count }, (_, item) => (item * 1237) % count);
  const keys = Array.from({ length: count }, (_, item) => `улица ${item % 7}`);

  const bySlot: string[] = [];
  for (const [item, slot] of slots.entries()) bySlot[slot] = keys[item] as string;
  expect([...orderOf(keys, slots)]).toEqual(plainOrder(bySlot));
});

test('orderOfNumbers sorts times, whatever lies between them', () => {
  const time = fc.oneof(fc.nat(), fc.integer({ min: 0, max: 2 ** 53 - 1 }), fc.constant(1_795_262_400_000));
  fc.assert(
    fc.property(fc.array(time, { maxLength: 300 }), (values) => {
      const plain = values.map((_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0) || a - b);
      expect([...orderOfNumbers(Float64Array.from(values))]).toEqual(plain);
    }),
  );
});
