// What a box prints is a no, a not now, or an answer.
import { expect, test } from 'vitest';
import { refusalIn } from '#core/transport/cli/answer.ts';
import { platforms } from '#core/transport/cli/platforms/all.ts';

const said = (platform: string, text: string) => {
  const known = platforms[platform];
  if (known === undefined) throw new Error(`There is no platform ${platform}.`);
  return refusalIn(text, 'a line', known)?.code ?? 'taken';
};

test.each([
  '% 10.1.2.0 overlaps with GigabitEthernet0/1',
  '% Cannot delete the last user',
  "% Can't assign an address to this interface",
  '% Failed to create the policy',
  '% No such interface',
  '% Not supported on this interface',
  '% policy-map blocked not found',
  '% Interface Dialer7 does not exist',
  '%Duplicate address',
])('cisco-ios: %j is a no', (text) => {
  expect(said('cisco-ios', text)).toBe('nas_refused');
});

test.each([
  '%SYS-5-CONFIG_I: Configured from console by ossia',
  '% Warning: use /31 mask on non point-to-point interface cautiously',
  '% Generating 2048 bit keys',
  '% Not all config may be removed and may reappear after reactivating the sub-interface',
  'interface Dialer7 does not exist in the list of the cannot-be-deleted',
])('cisco-ios: %j is none', (text) => {
  expect(said('cisco-ios', text)).toBe('taken');
});
