// From events to what becomes of the account's row, and how a removal is understood by what is known of the account.
import { expect, test } from 'vitest';
import { effectsOf } from '#core/map/effects.ts';
import { mapEvent, mapExistence, needsRecord } from '#core/map/map-event.ts';
import type { Account } from '#core/model/account.ts';
import type { AccountRecord } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';

const effects = effectsOf(catalogue);
const at = Date.UTC(2026, 10, 21, 20);
const alice: Account = { user_id: '1001', login: 'алиса', ip: '10.1.2.3', mac: 'AA', nas_ip: '10.0.0.1' };

function fired(name: string, account: Account, source = 'http') {
  const hook = catalogue.get(name);
  if (hook === undefined) throw new Error(`no hook ${name}`);
  return { event: { id: 'e', hook: name, account, occurredAt: '', source }, hook, at };
}

test('an event tells the variables that stay and what it settles', () => {
  const account = { ...alice, usluga_id: '5', acct_session_id: 'abc', tariff_name: 'Домашний' };
  expect(mapEvent(fired('usluga_activated', account)).account).toEqual({
    type: 'tell',
    userId: '1001',
    variables: { ...alice, tariff_name: 'Домашний' },
    settled: { 'service:5': 'on' },
    at,
  });
  // Another box or login comes with a removal and an addition, which must find the old ones.
  expect(mapEvent(fired('user_edit', account)).account).toEqual({
    type: 'tell',
    userId: '1001',
    variables: { user_id: '1001', tariff_name: 'Домашний' },
    variablesIfNew: { ...alice, tariff_name: 'Домашний' },
    settled: {},
    at,
  });
});

test('what repeats our own knowledge tells no variables, and a resync settles nothing', () => {
  for (const source of ['accounting', 'operator'])
    expect(mapEvent(fired('user_disconnect', alice, source)).account).toMatchObject({
      variables: null,
      settled: { logged: 'false' },
    });
  expect(mapEvent(fired('user_drop', alice, 'resync'))).toEqual({
    drafts: [{ hook: 'user_drop', account: alice, lane: '1001@10.0.0.1', nasKey: '10.0.0.1' }],
  });
});

test('only what the billing adds and removes is looked up', () => {
  const looked = [...catalogue.values()].filter(
    ({ name, kind }) => kind === 'change' && needsRecord(fired(name, alice)),
  );
  expect(looked.map(({ name }) => name)).toEqual(['user_add', 'user_del']);
  for (const name of ['user_add', 'user_del']) expect(needsRecord(fired(name, alice, 'resync'))).toBe(false);
});

function known(more: Partial<AccountRecord> = {}): AccountRecord {
  const base = { userId: '1001', variables: alice, nasKey: '10.0.0.1', version: 4, goneAt: 0, updatedAt: at - 1000 };
  return { ...base, desired: { exists: 'true', accept: 'true' }, ...more };
}
const removed = (account: Account, before: AccountRecord | undefined) =>
  mapExistence({ ...fired('user_del', account), before, effects });
const hooks = (mapped: ReturnType<typeof removed>) =>
  mapped.drafts.map(({ hook, account, nasKey }) => `${hook} ${account['ip']} at ${nasKey}`);

test('a removal ends an account that is there, is known to nobody, or is gone already', () => {
  for (const [before, ifVersion] of [
    [known(), 4],
    [undefined, 0],
    [known({ goneAt: at - 1000, desired: { exists: 'false' } }), 4],
  ] as const)
    expect(removed({ ...alice, deleted: '1' }, before)).toMatchObject({
      drafts: [{ hook: 'user_del' }],
      account: { type: 'tell', variables: alice, settled: { exists: 'false' }, ifVersion },
    });
});

test('a removal on a box that the account has left only takes away what is left there', () => {
  const mapped = removed(alice, known({ variables: { ...alice, nas_ip: '10.0.0.2' }, nasKey: '10.0.0.2' }));
  expect(hooks(mapped)).toEqual(['user_del 10.1.2.3 at 10.0.0.1']);
  expect(mapped.account).toBeUndefined();
});

const gone = known({
  goneAt: at - 599_000,
  desired: {
    exists: 'false',
    accept: 'false',
    redirect: 'true',
    logged: 'true',
    rate: '{"rate_in":"5","rate_out":"6"}',
  },
});

test.each([
  ['another address', { ip: '10.7.7.7' }, 'at 10.0.0.1'],
  ['another box', { ip: '10.7.7.7', nas_ip: '10.0.0.2' }, 'at 10.0.0.2'],
])('a second removal, with %s, is a changed account', (_, changed, where) => {
  const mapped = removed({ ...alice, ...changed, deleted: '0' }, gone);
  expect(hooks(mapped)).toEqual(
    ['user_del', 'user_add', 'user_rate_set', 'user_drop', 'user_redirect'].map((hook) => `${hook} 10.7.7.7 ${where}`),
  );
  expect(mapped.drafts[1]?.account).toMatchObject({ login: 'алиса', rate_in: '5' });
  expect(mapped.account).toMatchObject({ settled: { exists: 'true', logged: 'false' }, ifVersion: 4 });
});

test.each<[string, Account, AccountRecord]>([
  ['says that it is deleted', { ...alice, ip: '10.7.7.7', deleted: '1' }, gone],
  ['has the same values', { ...alice, tariff_name: 'другой' }, gone],
  ['leaves a value out', { user_id: '1001', login: 'алиса', nas_ip: '10.0.0.1' }, gone],
  ['comes later than ten minutes', { ...alice, ip: '10.7.7.7' }, { ...gone, goneAt: at - 600_001 }],
])('a second removal that %s is a removal again', (_, account, before) => {
  expect(removed(account, before)).toMatchObject({
    drafts: [{ hook: 'user_del' }],
    account: { settled: { exists: 'false' } },
  });
});

const added = (account: Account, before: AccountRecord | undefined) =>
  mapExistence({ ...fired('user_add', account), before, effects });

test.each<[string, Account, AccountRecord | undefined, number]>([
  ['a new account', alice, undefined, 0],
  ['one that is there already', { ...alice, tariff_name: 'другой' }, known({ desired: gone.desired }), 4],
])('adding %s tells its box nothing besides', (_, account, before, ifVersion) => {
  const mapped = added(account, before);
  expect(hooks(mapped)).toEqual(['user_add 10.1.2.3 at 10.0.0.1']);
  expect(mapped.account).toMatchObject({ variables: account, settled: { exists: 'true' }, ifVersion });
});

test.each([
  ['leaves it out: it stays', {}, '198.51.100.7'],
  ['says that there is none', { snatip: '' }, ''],
  ['says another', { snatip: '198.51.100.8' }, '198.51.100.8'],
])('an addition that brings the NAT address to the box and %s', (_, told, snatip) => {
  const before = known({ variables: { ...alice, snatip: '198.51.100.7' } });
  const { drafts, account } = added({ ...alice, ...told }, before);
  expect(drafts.find(({ hook }) => hook === 'user_add')?.account['snatip']).toBe(snatip);
  expect(account).toMatchObject({ variables: { snatip } });
});

test.each<[string, Account, AccountRecord]>([
  ['on another box', { ...alice, nas_ip: '10.0.0.2' }, gone],
  [
    'on another box before it went from the old one',
    { ...alice, nas_ip: '10.0.0.2' },
    known({ desired: gone.desired }),
  ],
  ['with another address', { ...alice, ip: '10.7.7.7' }, known({ desired: gone.desired })],
  ['from the bin, whenever', alice, { ...gone, goneAt: 1 }],
])('added %s, the box is told what keeps a debtor out, and what else it must know', (_, account, before) => {
  const mapped = added(account, before);
  expect(mapped.drafts.map(({ hook }) => hook)).toEqual(['user_add', 'user_rate_set', 'user_drop', 'user_redirect']);
  expect(new Set(mapped.drafts.map(({ lane }) => lane))).toEqual(new Set([`1001@${account['nas_ip']}`]));
  expect(mapped.account).toMatchObject({ settled: { exists: 'true', logged: 'false' }, ifVersion: 4 });
});
