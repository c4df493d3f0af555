// Fifty thousand mutated packets: none that is forged is taken, none makes anything throw.
import { expect, test } from 'vitest';
import { loadDictionary } from '#core/transport/radius/dictionary.ts';
import { fuzzPackets } from '#test/support/packet-fuzz.ts';

const dictionary = await loadDictionary('nas-profiles/dictionaries');

test('no mutated packet is taken, and none makes a reader throw', () => {
  const report = fuzzPackets({ dictionary, packets: 50_000, seed: 20_261_121 });
  expect(report.thrown.slice(0, 3)).toEqual([]);
  expect(report.forged.slice(0, 3)).toEqual([]);
  // Else nothing was tried: some come through untouched, some are garbage with a good signature.
  expect(report.genuine).toBeGreaterThan(100);
  expect(report.signedGarbage).toBeGreaterThan(1_000);
}, 60_000);
