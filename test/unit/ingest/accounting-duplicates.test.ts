// What the listener remembers of answered requests, and that it stays bounded.
import { expect, test } from 'vitest';
import { createDuplicates } from '#core/ingest/accounting-duplicates.ts';
import { accountingRequest } from '#test/support/accounting-client.ts';

const source = { address: '10.0.0.1', port: 1813 };
const request = accountingRequest({ attributes: [[44, '1']], identifier: 5 });

test('a request is known by source, identifier and authenticator together', () => {
  const duplicates = createDuplicates({ now: () => 0 });
  const seen = duplicates.begin(source, request);

  expect(duplicates.find(source, request)).toBe(seen);
  expect(duplicates.find({ ...source, port: 1814 }, request)).toBeUndefined();
  expect(duplicates.find({ ...source, address: '10.0.0.2' }, request)).toBeUndefined();
});

test('another request under the same identifier purges the first', () => {
  const duplicates = createDuplicates({ now: () => 0 });
  duplicates.begin(source, request);

  expect(duplicates.find(source, accountingRequest({ attributes: [[44, '2']], identifier: 5 }))).toBeUndefined();
  expect(duplicates.find(source, request)).toBeUndefined();
});

test('what failed late does not forget the request that took its place', () => {
  const duplicates = createDuplicates({ now: () => 0 });
  const first = duplicates.begin(source, request);
  const second = duplicates.begin(source, request);

  duplicates.forget(source, request, first);

  expect(duplicates.find(source, request)).toBe(second);
});

test('sources that are quiet are let go, and there are never more than the limit', () => {
  let time = 0;
  const duplicates = createDuplicates({ now: () => time, maxSources: 3 });
  for (let port = 1; port <= 10; port++) duplicates.begin({ ...source, port }, request);
  expect(duplicates.size()).toBe(3);

  time = 70_000;
  duplicates.begin(source, request);

  expect(duplicates.size()).toBe(1);
});
