// The order of many keys at once is the plain order of texts, equal ones as they were.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderOf } from '#core/sessions/sorted-index.ts';

const key = fc.oneof(
  fc.constantFrom('', 'nas', 'nas-1', 'абонент-7', 'абонент-77'),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('a', 'b', 'я', '\u00ff', '\u00fe', '\uffff', '\0'), maxLength: 9 }),
  fc.nat(5000).map((n) => `user${String(n).padStart(7, '0')}`),
);

test('orderOf sorts as texts do, and keeps equal ones in their order', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 0, maxLength: 600 }), (keys) => {
      const plain = keys
        .map((_, at) => at)
        .sort((a, b) => {
          const [left, right] = [keys[a] as string, keys[b] as string];
          return left < right ? -1 : left > right ? 1 : a - b;
        });
      expect([...orderOf(keys)]).toEqual(plain);
    }),
    { numRuns: 200 },
  );
});
