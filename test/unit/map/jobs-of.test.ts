// From an event to its jobs: one lane for one account on one box, however the billing spells the box.
import { expect, test } from 'vitest';
import { jobsOf } from '#core/map/jobs-of.ts';
import type { Account } from '#core/model/account.ts';

function lanesOf(...boxes: readonly Account[]): ReadonlySet<string> {
  const drafts = boxes.flatMap((box) => {
    const account = { user_id: '1001', ...box };
    return jobsOf({ hook: 'user_drop', account });
  });
  return new Set(drafts.map(({ lane, nasKey }) => `${lane} at ${nasKey}`));
}

test('spellings of one address are one lane', () => {
  const spellings = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001'];
  expect([...lanesOf(...spellings.map((nas_ip) => ({ nas_ip })))]).toEqual(['1001@2001:db8::1 at 2001:db8::1']);
  expect([...lanesOf({ nas_ip: '10.0.0.1' }, { nas_ip: '::ffff:10.0.0.1' })]).toEqual(['1001@10.0.0.1 at 10.0.0.1']);
});

test('a box without an address has its lane by its id, and an empty address is none', () => {
  expect([...lanesOf({ nas_id: '7' }, { nas_id: '7', nas_ip: '' })]).toEqual(['1001@id:7 at id:7']);
});

test('what is not an address stays as it was sent', () => {
  expect([...lanesOf({ nas_ip: '10.0.0.0/24' })]).toEqual(['1001@10.0.0.0/24 at 10.0.0.0/24']);
});
