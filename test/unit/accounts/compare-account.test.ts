// What counts as a difference between what an account should have and what a box lists of it.
import { expect, test } from 'vitest';
import { type Compared, compareAccount } from '#core/accounts/compare-account.ts';
import { resyncTopics } from '#core/model/resync.ts';
import type { Applied, State } from '#core/model/state.ts';
import type { BoxUser, KindOnBox } from '#core/plugin-sdk/index.ts';

interface Case {
  readonly name: string;
  readonly desired: State;
  /** What one row says; null: not listed. */
  readonly has: Partial<BoxUser> | null;
  readonly differs: Readonly<Record<string, string | undefined>> | 'same' | 'unknown' | 'add';
  readonly only?: readonly (typeof resyncTopics)[number][];
  readonly kinds?: readonly KindOnBox[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly applied?: Applied;
  readonly tells?: readonly string[];
  readonly endsLogins?: boolean;
}

const rate = (rate_in: string, rate_out: string, more = {}) => JSON.stringify({ rate_in, rate_out, ...more });

const cases: readonly Case[] = [
  {
    name: 'all as it should be',
    desired: { exists: 'true', accept: 'true', redirect: 'false', rate: rate('1000', '2000'), 'service:7': 'on' },
    has: { accept: true, redirect: false, rate: { rate_in: 1000, rate_out: 2000 }, services: ['7'] },
    differs: 'same',
  },
  { name: 'not listed', desired: { exists: 'true', accept: 'false' }, has: null, differs: 'add' },
  {
    name: 'blocked here, open there',
    desired: { accept: 'false' },
    has: { accept: true },
    differs: { accept: 'true' },
  },
  {
    name: 'open here, blocked there',
    desired: { accept: 'true' },
    has: { accept: false },
    differs: { accept: 'false' },
  },
  { name: 'redirected there', desired: { redirect: 'false' }, has: { redirect: true }, differs: { redirect: 'true' } },
  {
    name: 'not switched off there',
    desired: { own_disabled: 'true' },
    has: { own_disabled: false },
    differs: { own_disabled: 'false' },
  },
  { name: 'not logged in there', desired: { logged: 'true' }, has: { logged: false }, differs: { logged: 'false' } },
  {
    name: 'logged in there, as far as is known not here',
    desired: { logged: 'false' },
    has: { logged: true },
    differs: 'same',
  },
  {
    name: 'logged in there, and logins are to be ended',
    desired: { logged: 'false' },
    has: { logged: true },
    endsLogins: true,
    differs: { logged: 'true' },
  },
  { name: 'what the box cannot tell', desired: { accept: 'false', redirect: 'true' }, has: {}, differs: 'same' },
  { name: 'what nobody told', desired: { exists: 'true' }, has: { accept: false, redirect: true }, differs: 'same' },
  {
    name: 'another rate',
    desired: { rate: rate('1000', '2000') },
    has: { rate: { rate_in: 1000, rate_out: 500 } },
    differs: { rate: rate('1000', '500') },
  },
  {
    name: 'bursts and leading zeros do not count',
    desired: { rate: rate('01000', '2000', { burst_in: '4000' }) },
    has: { rate: { rate_in: 1000, rate_out: 2000 } },
    differs: 'same',
  },
  { name: 'no limit there', desired: { rate: rate('1000', '2000') }, has: { rate: null }, differs: { rate: 'none' } },
  { name: 'no limit is a rate of 0', desired: { rate: rate('0', '0') }, has: { rate: null }, differs: 'same' },
  {
    name: 'a limit where none should be',
    desired: { rate: 'none' },
    has: { rate: { rate_in: 1, rate_out: 2 } },
    differs: { rate: rate('1', '2') },
  },
  { name: 'none, and none there', desired: { rate: 'none' }, has: { rate: null }, differs: 'same' },
  {
    name: 'only what both sides have of a rate',
    desired: { rate: JSON.stringify({ rate_in: '1000' }) },
    has: { rate: { rate_in: 1000, rate_out: 77 } },
    differs: 'same',
  },
  {
    name: 'services as sets',
    desired: { 'service:1': 'on', 'service:2': 'off', 'service:3': 'off', 'service:абв': 'on' },
    has: { services: ['2', '9'] },
    differs: { 'service:1': undefined, 'service:2': 'on', 'service:абв': undefined },
  },
  { name: 'services that it cannot list', desired: { 'service:1': 'on' }, has: {}, differs: 'same' },
  {
    name: 'only rates are asked for',
    desired: { exists: 'true', accept: 'false', rate: rate('1', '2') },
    has: { accept: true, rate: null },
    only: ['rate'],
    differs: { rate: 'none' },
  },
  { name: 'only rates, and not listed', desired: { exists: 'true' }, has: null, only: ['rate'], differs: 'same' },
  {
    name: 'nobody said that it exists, but that it is blocked',
    desired: { accept: 'false', logged: 'true' },
    has: null,
    differs: { accept: undefined },
  },
  {
    name: 'nobody said that it exists, and the box never tells of blocks',
    desired: { accept: 'false' },
    has: null,
    tells: ['rate'],
    differs: 'same',
  },
  {
    name: 'made after the list was begun',
    desired: { accept: 'false' },
    has: { accept: true },
    applied: { accept: { value: 'false', at: 2000 } },
    differs: 'same',
  },
  {
    name: 'made before the list was begun',
    desired: { accept: 'false' },
    has: { accept: true },
    applied: { accept: { value: 'false', at: 999 } },
    differs: { accept: 'true' },
  },
  {
    name: 'a kind that the box cannot list',
    desired: { exists: 'true' },
    has: null,
    kinds: [{ kind: { auth_types: ['6'] }, unlisted: 'unknown' }],
    variables: { auth_type: '6' },
    differs: 'unknown',
  },
  {
    name: 'another kind than the one that it cannot list',
    desired: { exists: 'true' },
    has: null,
    kinds: [{ kind: { auth_types: ['6'] }, unlisted: 'unknown' }],
    variables: { auth_type: '0' },
    differs: 'add',
  },
  {
    name: 'one whose adding logs him in, and he is not',
    desired: { exists: 'true', accept: 'true' },
    has: { accept: true, logged: false },
    kinds: [{ kind: { auth_types: ['0'] }, addLogsIn: true }],
    variables: { auth_type: '0' },
    differs: 'add',
  },
  {
    name: 'one whose adding logs him in, and he should not be',
    desired: { exists: 'true', accept: 'true', logged: 'false' },
    has: { accept: false, logged: false },
    kinds: [{ kind: { auth_types: ['0'] }, addLogsIn: true }],
    variables: { auth_type: '0' },
    differs: { accept: 'false' },
  },
  {
    name: 'one whose adding logs him in, should be out, and is not listed',
    desired: { exists: 'true', accept: 'true', logged: 'false', rate: rate('1', '2') },
    has: null,
    kinds: [{ kind: { auth_types: ['0'] }, addLogsIn: true }],
    variables: { auth_type: '0' },
    differs: { rate: undefined },
  },
  {
    name: 'goes out by another address, however that is written',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5/32' },
    has: { snatip: '203.0.113.6' },
    differs: { snatip: '203.0.113.6' },
  },
  {
    name: 'goes out by his address, however that is written',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5/32' },
    has: { snatip: '203.0.113.5' },
    differs: 'same',
  },
  {
    name: 'goes out by none',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5' },
    has: { snatip: null },
    differs: { snatip: 'none' },
  },
  {
    name: 'goes out by one, and has none',
    desired: { exists: 'true' },
    variables: { snatip: '' },
    has: { snatip: '203.0.113.5' },
    differs: { snatip: '203.0.113.5' },
  },
  {
    name: 'has none, and there is none',
    desired: { exists: 'true' },
    has: { snatip: null },
    differs: 'same',
  },
  {
    name: 'a box that tells of no such address',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5' },
    has: { accept: true },
    differs: 'same',
  },
  {
    name: 'only nat is asked for',
    desired: { exists: 'true', accept: 'false', rate: rate('1', '2') },
    variables: { snatip: '203.0.113.5' },
    has: { accept: true, rate: null, snatip: null },
    only: ['nat'],
    differs: { snatip: 'none' },
  },
  {
    name: 'everything but nat is asked for',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5' },
    has: { snatip: null },
    only: ['access', 'rate', 'services', 'logged'],
    differs: 'same',
  },
  {
    name: 'nobody said that it exists: an address is no reason to add it',
    desired: { accept: 'true' },
    variables: { snatip: '203.0.113.5' },
    has: { accept: true, snatip: null },
    differs: 'same',
  },
  {
    name: 'one whose adding logs him in, should be out, and goes out by another address',
    desired: { exists: 'true', logged: 'false' },
    has: { logged: false, accept: true, snatip: null },
    kinds: [{ kind: { auth_types: ['0'] }, addLogsIn: true }],
    variables: { auth_type: '0', snatip: '203.0.113.5' },
    differs: 'same',
  },
  {
    name: 'added with another address after the list was begun',
    desired: { exists: 'true' },
    variables: { snatip: '203.0.113.5' },
    has: { snatip: '203.0.113.6' },
    applied: { snatip: { value: '203.0.113.5', at: 2000 } },
    differs: 'same',
  },
  {
    name: 'not listed is what the box has by itself',
    desired: { exists: 'true', accept: 'false' },
    has: null,
    kinds: [{ kind: {}, unlisted: { accept: true } }],
    differs: { accept: 'true' },
  },
];

test.each(cases)('$name', ({ desired, has, differs, only = resyncTopics, kinds = [], ...rest }) => {
  const { variables = {}, applied = {}, tells, endsLogins = false } = rest;
  const compared = compareAccount({
    account: { variables, desired, applied },
    users: has === null ? [] : [{ user_id: '1', login: '', ip: '', ...has }],
    kinds,
    only: new Set(only),
    endsLogins,
    tells: (what) => tells?.includes(what) ?? true,
    since: 1000,
  });
  if (typeof differs === 'string') expect(compared.kind).toBe(differs);
  else expect(found(compared)).toEqual(differs);
});

function found(compared: Compared) {
  expect(compared.kind).toBe('change');
  return 'differences' in compared ? Object.fromEntries(compared.differences.map((one) => [one.key, one.found])) : {};
}

test('a box that has an account twice differs when either does', () => {
  const row = { user_id: '', login: 'алиса', ip: '' };
  const compared = compareAccount({
    account: { variables: {}, desired: { exists: 'true', accept: 'true', redirect: 'false' }, applied: {} },
    users: [
      { ...row, accept: true, redirect: true },
      { ...row, accept: false, redirect: false },
    ],
    kinds: [],
    only: new Set(resyncTopics),
    endsLogins: false,
    tells: () => true,
    since: 0,
  });
  expect(found(compared)).toEqual({ redirect: 'true', accept: 'false' });
});

test.each([
  ['as was made of it', { snatip: { value: '203.0.113.5', at: 1 } }, '203.0.113.5', []],
  ['as was not known', {}, '203.0.113.5', ['snatip']],
  ['none, with one that was made', { snatip: { value: '203.0.113.5', at: 1 } }, undefined, ['snatip']],
  ['none, with none that was made', {}, undefined, []],
])('a box has the address that it should, %s', (_, applied: Applied, snatip, confirmed) => {
  const compared = compareAccount({
    account: {
      variables: snatip === undefined ? {} : { snatip },
      desired: { exists: 'true' },
      applied: { exists: { value: 'true', at: 1 }, ...applied },
    },
    users: [{ user_id: '1', login: '', ip: '', snatip: snatip ?? null }],
    kinds: [],
    only: new Set(resyncTopics),
    endsLogins: false,
    tells: () => true,
    since: 1000,
  });
  expect(compared).toEqual({ kind: 'same', differences: [], confirmed });
});

test.each([
  ['a box that keeps who is logged in', true, ['exists', 'logged']],
  ['a box where a login is a session', false, ['exists']],
])('what is added to %s', (_, keepsLogins, keys) => {
  const compared = compareAccount({
    account: { variables: {}, desired: { exists: 'true', logged: 'true' }, applied: {} },
    users: [],
    kinds: [],
    only: new Set(resyncTopics),
    endsLogins: false,
    tells: (what) => what !== 'logged' || keepsLogins,
    since: 0,
  });
  expect(compared).toMatchObject({ kind: 'add' });
  expect('differences' in compared && compared.differences.map(({ key }) => key)).toEqual(keys);
});
