// What a box listed is found by user_id, else login, else address, each row by one account only, and given back as it came.
import { expect, test } from 'vitest';
import { createListed } from '#core/accounts/compare-listed.ts';
import type { BoxUser } from '#core/plugin-sdk/index.ts';

const nobody = { user_id: '', login: '', ip: '' };

function listed(...users: Partial<BoxUser>[]) {
  const list = createListed();
  list.add(users.map((user) => ({ ...nobody, ...user })));
  return list;
}

const account = (userId: string, variables = {}) => ({ userId, variables });

test('rows come back as they were listed, whatever they tell and leave out', () => {
  const users: BoxUser[] = [
    { ...nobody, user_id: '1' },
    { ...nobody, login: 'алиса', accept: true, redirect: false, own_disabled: true, logged: false },
    { ...nobody, ip: '10.0.0.1', rate: { rate_in: 0, rate_out: 5 }, services: ['тв', '2'] },
    { ...nobody, ip: '10.0.0.2', rate: null, services: [], of: { auth_types: ['0'], ip: 'given' } },
    { ...nobody, login: 'боб', services: ['тв', '2'] },
    { ...nobody, user_id: '2', snatip: null },
    { ...nobody, user_id: '3', snatip: '203.0.113.5' },
    { ...nobody, user_id: '4', snatip: '255.255.255.255' },
    { ...nobody, user_id: '5', snatip: '0.0.0.0' },
    { ...nobody, user_id: '6', snatip: '2001:db8::5' },
    { ...nobody, user_id: '7', snatip: '203.0.113.5-203.0.113.9' },
  ];
  const list = listed(...users);
  expect(users.map((_, row) => list.userAt(row))).toEqual(users);
  expect(list.size()).toBe(11);
  expect([list.tells('snatip'), list.tells('logged')]).toEqual([true, true]);
});

test('an account is found by user_id before login before address, however the address is written', () => {
  const list = listed(
    { user_id: '1', login: 'other' },
    { login: 'alice', ip: '10.9.9.9' },
    { ip: '2001:DB8::1/128' },
    { ip: '10.0.0.0/29' },
  );
  expect(list.rowsOf(account('1', { login: 'alice' }), false)).toEqual([0]);
  expect(list.rowsOf(account('2', { login: 'alice', ip: '2001:db8::1' }), false)).toEqual([1]);
  expect(list.rowsOf(account('3', { login: 'x', ip: '2001:db8:0:0::1' }), false)).toEqual([2]);
  expect(list.rowsOf(account('4', { ip: '10.0.0.5/29' }), false)).toEqual([3]);
  expect(list.rowsOf(account('5', { ip: '10.0.0.5' }), false)).toEqual([]);
  // Who is listed under a user_id is that one, whatever else the row says.
  expect(list.rowsOf(account('6', { login: 'other' }), false)).toEqual([]);
});

test('a row that was claimed is nobody else’s, and what is left is told once for each subscriber', () => {
  const list = listed({ ip: '10.0.0.1' }, { login: 'bob' }, { login: 'bob' }, { user_id: '9', ip: '10.0.0.1' });
  expect(list.rowsOf(account('1', { ip: '10.0.0.1' }), true)).toEqual([0]);
  expect(list.rowsOf(account('2', { ip: '10.0.0.1' }), true)).toEqual([]);
  expect([...list.unclaimed()].flat()).toEqual([
    { user_id: '9', login: '', ip: '10.0.0.1' },
    { user_id: '', login: 'bob', ip: '' },
  ]);
  expect([...list.rowsOf(account('3', { login: 'bob' }), true)].sort()).toEqual([1, 2]);
  expect([...list.unclaimed()].flat()).toEqual([{ user_id: '9', login: '', ip: '10.0.0.1' }]);
});

test('a row that speaks of one kind of accounts is no other’s, and the next name counts', () => {
  const list = listed(
    { login: 'alice', of: { auth_types: ['6'] } },
    { ip: '10.0.0.1', of: { auth_types: ['0'] }, accept: false },
  );
  const alice = { login: 'alice', ip: '10.0.0.1' };
  expect(list.rowsOf(account('1', { ...alice, auth_type: '6' }), false)).toEqual([0]);
  expect(list.rowsOf(account('1', { ...alice, auth_type: '0' }), false)).toEqual([1]);
});

test('a list of many thousands keeps every one', () => {
  const list = createListed();
  for (let page = 0; page < 5; page++)
    list.add(
      Array.from({ length: 2000 }, (_, n) => ({ ...nobody, user_id: String(page * 2000 + n), accept: n % 2 === 0 })),
    );
  for (const id of [0, 1023, 1024, 9999]) {
    const [row = -1] = list.rowsOf(account(String(id)), true);
    expect(list.userAt(row)).toEqual({ ...nobody, user_id: String(id), accept: id % 2 === 0 });
  }
  expect([...list.unclaimed()].flat()).toHaveLength(10_000 - 4);
  expect(list.tells('accept')).toBe(true);
  expect(list.tells('rate')).toBe(false);
});
