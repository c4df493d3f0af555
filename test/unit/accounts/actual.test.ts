// What a box says of an account, from a report that may be anything.
import { expect, test } from 'vitest';
import { actualOf } from '#core/accounts/actual.ts';
import type { Outcome } from '#core/model/outcome.ts';
import type { AccountRecord, State } from '#core/model/state.ts';
import type { Nas } from '#core/plugin-host/nas.ts';

const rate = '{"rate_in":"10","rate_out":"20","burst_in":"99"}';
const desired = { exists: 'true', accept: 'false', rate, 'service:tv': 'on', 'service:sport': 'off' };

function ask(value: unknown, { outcome = { type: 'done' } as Outcome, wanted = desired as State } = {}) {
  const record: AccountRecord = {
    userId: '1',
    variables: {},
    nasKey: '',
    desired: wanted,
    version: 1,
    goneAt: 0,
    updatedAt: 0,
  };
  const report = { outcome, exchanges: [], value, stack: '', program: '' };
  return actualOf({ type: 'ran', nas: {} as Nas, report, ms: 1 }, record, 5);
}

test.each<[string, unknown, State, readonly string[]]>([
  [
    'a box that has all',
    { user: { accept: false, rate: { rate_in: 10, rate_out: 20 }, services: ['tv'] } },
    { exists: 'true', accept: 'false', rate, 'service:tv': 'on', 'service:sport': 'off' },
    [],
  ],
  ['a box that tells little', { user: { accept: true } }, { exists: 'true', accept: 'true' }, ['accept']],
  [
    'another rate',
    { user: { rate: { rate_in: 1, rate_out: 2 } } },
    { exists: 'true', rate: '{"rate_in":"1","rate_out":"2"}' },
    ['rate'],
  ],
  ['no rate', { user: { rate: null } }, { exists: 'true', rate: 'none' }, ['rate']],
  [
    'a NAT address that it has not',
    { user: { snatip: '203.0.113.5/32' } },
    { exists: 'true', snatip: '203.0.113.5' },
    ['snatip'],
  ],
  ['no NAT address', { user: { snatip: null } }, { exists: 'true', snatip: 'none' }, []],
  [
    'a service too many, one missing',
    { user: { services: ['sport'] } },
    { exists: 'true', 'service:tv': 'off', 'service:sport': 'on' },
    ['service:sport', 'service:tv'],
  ],
  ['an account that is not there', { user: null }, { exists: 'false' }, ['exists']],
  ['one that cannot be told to be there', { user: { exists: null, accept: false } }, { accept: 'false' }, []],
  ['a report without the state', { lists: [] }, {}, []],
  ['a report that is no object', 'ok', {}, []],
  ['a state of wrong kinds', { user: { accept: 'yes' } }, {}, []],
  ['numbers that are none', { user: { rate: { rate_in: -1, rate_out: 1.5 } } }, {}, []],
])('%s', (_what, report, state, differing) => {
  const read = ask(report);
  if (read.type !== 'read') throw new Error(read.type);
  expect(read.state).toEqual(state);
  expect(read.differences.map(({ key }) => key).sort()).toEqual([...differing].sort());
});

test('an account that should be gone differs only by being there', () => {
  const wanted = { exists: 'false', accept: 'false' };
  expect(ask({ user: { accept: true } }, { wanted })).toMatchObject({
    differences: [{ key: 'exists', found: 'true' }],
  });
  expect(ask({ user: null }, { wanted })).toMatchObject({ differences: [] });
});

test.each<[Outcome, string]>([
  [{ type: 'retry', reason: 'x', code: 'nas_timeout' }, 'unreachable'],
  [{ type: 'retry', reason: 'x', code: 'deadline_exceeded' }, 'unreachable'],
  [{ type: 'retry', reason: 'x', code: 'nas_busy' }, 'failed'],
  [{ type: 'refused', reason: 'x', code: 'nas_refused' }, 'failed'],
  [{ type: 'unsupported', reason: 'x' }, 'unsupported'],
])('a look that ended %j is "%s"', (outcome, type) => {
  expect(ask(null, { outcome })).toEqual({ type, reason: 'x' });
});

test('a box that has nothing of the account says that it is not there', () => {
  expect(ask(null, { outcome: { type: 'gone', reason: 'no such user' } })).toMatchObject({
    type: 'read',
    state: { exists: 'false' },
  });
});
