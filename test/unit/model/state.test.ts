// What accounts should have as values per settle key: folding, comparing, and the billing's rule of effective access.
import { expect, test } from 'vitest';
import type { Settles } from '../../../core/model/hook.ts';
import {
  accessOf,
  changedKeyParameters,
  differencesOf,
  keyParameters,
  type State,
  settledBy,
  variablesOf,
} from '../../../core/model/state.ts';

test.each<[Settles | null, Record<string, string>, State]>([
  [null, {}, {}],
  [{ flag: 'accept', value: false }, {}, { accept: 'false' }],
  [{ flag: 'exists', value: true }, {}, { exists: 'true' }],
  [{ flag: 'service', value: 'on' }, { usluga_id: 'ТВ-базовый' }, { 'service:ТВ-базовый': 'on' }],
  [{ flag: 'service', value: 'off' }, {}, {}],
  [{ flag: 'rate', value: 'none' }, { rate_in: '1' }, { rate: 'none' }],
  [
    { flag: 'rate', value: 'payload' },
    { rate_out: '2048', rate_in: '1024', ceil_in: '', login: 'алиса' },
    { rate: '{"rate_in":"1024","rate_out":"2048"}' },
  ],
])('%j with %j settles %j', (settles, account, state) => {
  expect(settledBy(settles, account)).toEqual(state);
});

test.each<[State, string, string]>([
  [{}, 'unknown', 'nothing was told about it yet'],
  [{ exists: 'true' }, 'full', 'exists, accepted, in balance'],
  [
    { exists: 'true', accept: 'true', redirect: 'false', logged: 'true' },
    'full',
    'exists, accepted, in balance, logged in',
  ],
  [{ exists: 'true', accept: 'false' }, 'redirected', 'blocked by the administrator'],
  [{ exists: 'true', accept: 'true', redirect: 'true' }, 'redirected', 'out of balance'],
  [{ accept: 'false', redirect: 'true' }, 'redirected', 'blocked by the administrator, and out of balance'],
  // The page must show before any login.
  [{ exists: 'true', accept: 'false', logged: 'false' }, 'redirected', 'blocked by the administrator'],
  [{ exists: 'true', own_disabled: 'true' }, 'disabled by owner', 'switched off by the subscriber'],
  [{ exists: 'true', logged: 'false' }, 'not logged in', 'no authorisation, by RADIUS or the web'],
  [{ exists: 'false', accept: 'true', logged: 'true' }, 'cut off', 'deleted, or moved to the bin'],
])('%j is %s: %s', (state, access, because) => {
  expect(accessOf(state)).toEqual({ access, because });
});

test('the same state differs in nothing; what should not be and never was is no difference', () => {
  const state = { exists: 'true', accept: 'false', rate: '{"rate_in":"1"}', 'service:1': 'on' };
  expect(differencesOf(state, state)).toEqual([]);
  expect(differencesOf({ accept: 'true', redirect: 'false', rate: 'none', 'service:1': 'off' }, {})).toEqual([]);
});

test('what is missing, and what is otherwise, differs; a deleted account is only looked at as a whole', () => {
  expect(differencesOf({ exists: 'true', redirect: 'true', 'service:1': 'on' }, { redirect: 'false' })).toEqual([
    { key: 'exists', desired: 'true', found: undefined },
    { key: 'redirect', desired: 'true', found: 'false' },
    { key: 'service:1', desired: 'on', found: undefined },
  ]);
  expect(differencesOf({ exists: 'false', accept: 'false' }, { exists: 'true' })).toEqual([
    { key: 'exists', desired: 'false', found: 'true' },
  ]);
  expect(differencesOf({ exists: 'false', accept: 'false' }, {})).toEqual([]);
});

test('what the other side cannot tell is not compared', () => {
  expect(differencesOf({ exists: 'true', logged: 'true' }, { exists: 'true' }, (key) => key === 'logged')).toEqual([]);
});

test('a job made from a record carries the rates that it should have now', () => {
  const variables = { login: 'алиса', rate_in: '1', rate_out: '2', ceil_in: '9' };
  expect(variablesOf({ variables, desired: {} })).toEqual(variables);
  expect(variablesOf({ variables, desired: { rate: 'none' } })).toEqual({ login: 'алиса' });
  expect(variablesOf({ variables, desired: { rate: '{"rate_in":"5","rate_out":"6"}' } })).toEqual({
    login: 'алиса',
    rate_in: '5',
    rate_out: '6',
  });
});

test.each(keyParameters)('a change of %s is one of a key parameter', (name) => {
  expect(changedKeyParameters({ [name]: 'а', tariff: '1' }, { [name]: 'б', tariff: '2' })).toEqual([name]);
  expect(changedKeyParameters({}, { [name]: '' })).toEqual([]);
  expect(changedKeyParameters({}, { [name]: 'б' })).toEqual([name]);
});
