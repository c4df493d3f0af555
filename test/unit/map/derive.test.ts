// From whole states to hooks: every row of the billing's own tables, in the order in which the box must hear of it.
import { expect, test } from 'vitest';
import { type Derived, derive, type WantedState } from '#core/map/derive.ts';
import { effectsOf } from '#core/map/effects.ts';
import type { Account } from '#core/model/account.ts';
import { type AccountRecord, keyParameters, rateText, type State } from '#core/model/state.ts';
import { catalogue } from '#test/support/catalogue.ts';

const effects = effectsOf(catalogue);
const at = Date.UTC(2026, 10, 21, 20);
const alice: Account = {
  user_id: '1001',
  login: 'алиса',
  ip: '10.1.2.3',
  mac: 'AA:BB:CC:00:11:22',
  psw: 'тайна',
  auth_type: '6',
  nas_ip: '10.0.0.1',
  nas_id: '7',
  deleted: '0',
  address: 'ул. Ленина, 5',
};
const slow = rateText({ rate_in: '1024', rate_out: '2048' });
const fast = rateText({ rate_in: '10240', rate_out: '20480', ceil_in: '20480' });

function record(desired: State, more: Partial<AccountRecord> = {}): AccountRecord {
  const base = { userId: '1001', variables: alice, nasKey: '10.0.0.1', version: 7, goneAt: 0, updatedAt: at - 1000 };
  return { ...base, desired, ...more };
}
const there = (desired: State = {}): AccountRecord => record({ exists: 'true', ...desired });
const inBin = (desired: State = {}): AccountRecord => record({ ...desired, exists: 'false' }, { goneAt: at - 5000 });

function change(before: AccountRecord | undefined, wanted: Partial<WantedState>): Derived | null {
  return derive({ before, wanted: { variables: alice, told: {}, ...wanted }, effects, at });
}
const hooksOf = (derived: Derived | null): readonly string[] =>
  (derived?.calls ?? []).map(({ hook, account }) => [hook, account['usluga_id']].filter(Boolean).join(' '));

/** What was, what is told, and the hooks that this makes. */
const rows: readonly (readonly [string, AccountRecord | undefined, Partial<WantedState>, readonly string[]])[] = [
  ['created', undefined, {}, ['user_add']],
  ['deleted', there(), { told: { exists: 'false' } }, ['user_del']],
  ['blocked by the administrator', there({ accept: 'true' }), { told: { accept: 'false' } }, ['user_drop']],
  ['unblocked', there({ accept: 'false' }), { told: { accept: 'true' } }, ['user_accept']],
  ['out of balance', there({ redirect: 'false' }), { told: { redirect: 'true' } }, ['user_redirect']],
  ['in balance', there({ redirect: 'true' }), { told: { redirect: 'false' } }, ['user_redirect_cancel']],
  ['logged in', there({ logged: 'false' }), { told: { logged: 'true' } }, ['user_auth']],
  ['logged out', there({ logged: 'true' }), { told: { logged: 'false' } }, ['user_disconnect']],
  ['switched off by its owner', there(), { told: { own_disabled: 'true' } }, ['own_disabled']],
  ['switched on again', there({ own_disabled: 'true' }), { told: { own_disabled: 'false' } }, ['own_disabled_cancel']],
  ['a new speed', there({ rate: slow }), { told: { rate: fast } }, ['user_rate_set']],
  ['no limit any more', there({ rate: slow }), { told: { rate: 'none' } }, ['user_rate_set_cancel']],
  ['a service on', there(), { services: ['ТВ'] }, ['usluga_activated ТВ']],
  ['a service off', there({ 'service:ТВ': 'on' }), { services: [] }, ['usluga_deactivated ТВ']],
  [
    'several services at once',
    there({ 'service:1': 'on', 'service:2': 'on', 'service:4': 'off' }),
    { services: ['2', '3', '4'] },
    ['usluga_deactivated 1', 'usluga_activated 3', 'usluga_activated 4'],
  ],
  ['nothing', there({ accept: 'true', rate: slow }), { told: { accept: 'true', rate: slow } }, []],
  ['an ordinary field', there(), { variables: { ...alice, address: 'пр. Мира, 7' } }, ['user_edit']],
  [
    'to the bin with services on',
    there({ accept: 'true', 'service:2': 'on', 'service:1': 'on', 'service:3': 'off' }),
    { told: { exists: 'false' } },
    ['usluga_deactivated 1', 'usluga_deactivated 2', 'user_del'],
  ],
  [
    'restored from the bin',
    inBin({ accept: 'true', redirect: 'true', rate: slow, 'service:1': 'off' }),
    { told: { exists: 'true' } },
    ['user_add', 'user_rate_set', 'user_redirect', 'user_accept'],
  ],
  ['told again while in the bin', inBin({ accept: 'true' }), { told: { exists: 'false', accept: 'false' } }, []],
  ['in the bin when first told', undefined, { told: { exists: 'false' } }, []],
  [
    'new with every flag',
    undefined,
    {
      told: { accept: 'false', redirect: 'true', own_disabled: 'true', logged: 'true', rate: fast },
      services: ['б', 'а'],
    },
    [
      ...['user_add', 'user_rate_set', 'user_drop', 'user_redirect', 'own_disabled'],
      ...['usluga_activated а', 'usluga_activated б', 'user_auth'],
    ],
  ],
  [
    'new and in order',
    undefined,
    { told: { accept: 'true', redirect: 'false', own_disabled: 'false', logged: 'false', rate: 'none' }, services: [] },
    ['user_add', 'user_accept'],
  ],
  [
    'a debtor pays and is blocked, all at once',
    there({ accept: 'true', redirect: 'true', own_disabled: 'true', logged: 'false', rate: slow, 'service:1': 'on' }),
    {
      told: { accept: 'false', redirect: 'false', own_disabled: 'false', logged: 'true', rate: fast },
      services: ['2'],
      variables: { ...alice, abonent_id: '55' },
    },
    [
      ...['user_edit', 'user_rate_set', 'user_drop', 'usluga_deactivated 1', 'usluga_activated 2'],
      ...['own_disabled_cancel', 'user_redirect_cancel', 'user_auth'],
    ],
  ],
  [
    'known by its events only',
    record({ redirect: 'true' }),
    { told: { redirect: 'false' } },
    ['user_add', 'user_redirect_cancel'],
  ],
];

test.each(rows)('%s', (_, before, wanted, hooks) => {
  expect(hooksOf(change(before, wanted))).toEqual(hooks);
});

test.each(keyParameters.filter((name) => name !== 'deleted'))(
  'a new %s makes another account of it: gone with the old values, added with the new ones, then what the box must know',
  (name) => {
    const value = { ip: '10.9.9.9', nas_ip: '10.0.0.2' }[name as string] ?? 'новое';
    const variables = { ...alice, [name]: value };
    const before = there({ accept: 'true', redirect: 'true', logged: 'true', rate: slow, 'service:1': 'on' });
    const derived = change(before, { variables });
    expect(hooksOf(derived)).toEqual([
      ...['user_del', 'user_add', 'user_rate_set', 'user_redirect', 'usluga_activated 1', 'user_accept'],
    ]);
    const [removal, ...others] = derived?.calls ?? [];
    expect(removal?.account).toEqual({ ...alice, rate_in: '1024', rate_out: '2048' });
    for (const { account } of others) expect(account[name]).toBe(value);
    // A login does not move with the account.
    expect(derived?.record.desired).toEqual({ ...before.desired, logged: 'false' });
  },
);

test('the flag `deleted` is what exists says, and no other account', () => {
  const gone = change(there({ 'service:1': 'on' }), {
    variables: { ...alice, deleted: '1' },
    told: { exists: 'false' },
  });
  expect(hooksOf(gone)).toEqual(['usluga_deactivated 1', 'user_del']);
  for (const { account } of gone?.calls ?? []) expect(account['deleted']).toBe('0');
  const back = derive({ before: gone?.record, wanted: { variables: alice, told: { exists: 'true' } }, effects, at });
  expect(hooksOf(back)).toEqual(['user_add']);
});

test('the old box hears the old values and the new box the new ones when the account moves', () => {
  const variables = { ...alice, nas_ip: '10.0.0.2', nas_id: '8', ip: '10.5.5.5', tariff_name: 'Домашний' };
  const derived = change(there({ accept: 'false' }), { variables, told: { logged: 'true', rate: fast } });
  expect(derived?.calls.map(({ hook, account }) => `${hook} ${account['ip']}@${account['nas_ip']}`)).toEqual([
    'user_del 10.1.2.3@10.0.0.1',
    ...['user_add', 'user_rate_set', 'user_drop', 'user_auth'].map((hook) => `${hook} 10.5.5.5@10.0.0.2`),
  ]);
  expect(derived?.record).toMatchObject({ nasKey: '10.0.0.2', version: 8, variables, goneAt: 0, updatedAt: at });
});

test('an account in the bin that changes meanwhile is added with its new values, and nothing is removed again', () => {
  const changed = change(inBin({ rate: slow }), { variables: { ...alice, ip: '10.7.7.7', nas_ip: '10.0.0.3' } });
  expect(changed?.calls).toEqual([]);
  expect(changed?.record).toMatchObject({ desired: { exists: 'false' }, nasKey: '10.0.0.3', goneAt: at - 5000 });
  const back = derive({ before: changed?.record, wanted: { variables: alice, told: { exists: 'true' } }, effects, at });
  expect(hooksOf(back)).toEqual(['user_add', 'user_rate_set']);
  expect(back?.record.goneAt).toBe(0);
});

test('it is gone since it went, and its services and login went with it', () => {
  const { record: stored } = change(there({ logged: 'true', 'service:1': 'on' }), { told: { exists: 'false' } }) ?? {};
  expect(stored?.desired).toEqual({ exists: 'false', logged: 'false', 'service:1': 'off' });
  expect(stored?.goneAt).toBe(at);
});

test('what is not told stays, and the same state again is no change', () => {
  const before = there({ accept: 'false', rate: slow, 'service:1': 'on' });
  const derived = change(before, { told: { redirect: 'true' } });
  expect(derived?.record.desired).toEqual({ ...before.desired, redirect: 'true' });
  expect(derive({ before: derived?.record, wanted: { variables: alice, told: {} }, effects, at })).toBeNull();
  expect(change(before, { variables: { ...alice, mac: alice['mac'] ?? '', opt82: '' } })).toBeNull();
});

test('a hook carries the speed that the account should have now, not one that an event brought before', () => {
  const before = there({ rate: slow });
  const stale = { ...before, variables: { ...alice, rate_in: '1', rate_out: '1', ceil_in: '5' } };
  const derived = change(stale, { variables: { ...alice, ip: '10.4.4.4' } });
  for (const { account } of derived?.calls ?? [])
    expect([account['rate_in'], account['rate_out'], account['ceil_in']]).toEqual(['1024', '2048', undefined]);
  // While nobody told the speed by itself, what came with the events stays.
  const untold = change(
    { ...there(), variables: { ...alice, rate_in: '3', rate_out: '4' } },
    { told: { accept: 'true' } },
  );
  expect(untold?.calls).toMatchObject([{ hook: 'user_accept', account: { rate_in: '3', rate_out: '4' } }]);
});
