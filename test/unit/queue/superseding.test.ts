// Which of two jobs of one lane makes the older needless: every kind of hook, identity and session, row by row.
import { expect, test } from 'vitest';
import type { Account } from '#core/model/account.ts';
import { editedBy, supersedingBy } from '#core/queue/superseding.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { accountAt } from '#test/support/scripted-nas.ts';

const rules = supersedingBy(catalogue);
const job = (hook: string, more: Account = {}, background = false) => ({
  hook,
  account: accountAt(1, '10.0.0.1', more),
  background,
});
const rate = (rate_in: string, more: Account = {}) => job('user_rate_set', { rate_in, rate_out: '1', ...more });

test.each([
  ['the opposite of a flag', job('user_accept'), job('user_drop'), true],
  ['the same flag again', job('user_drop'), job('user_drop'), true],
  ['the balance', job('user_redirect_cancel'), job('user_redirect'), true],
  ["the owner's switch", job('own_disabled_cancel'), job('own_disabled'), true],
  ['another rate', rate('2'), rate('1'), true],
  ['a rate without the service, as the third of a tariff change', rate('2'), rate('1', { usluga_id: '17' }), true],
  ['no rate', job('user_rate_set_cancel'), rate('1'), true],
  ['another flag', job('user_accept'), job('user_redirect'), false],
  ['an edit', job('user_edit'), job('user_edit'), false],
  ['a flag over an edit', job('user_drop'), job('user_edit'), false],
  ['a barrier over a flag', job('user_del'), job('user_drop'), false],
  ['a barrier over a barrier', job('user_add'), job('user_del'), false],
  ['a service', job('usluga_deactivated', { usluga_id: '7' }), job('usluga_activated', { usluga_id: '7' }), false],
  ['another address', job('user_accept', { ip: '10.9.9.9' }), job('user_drop'), false],
  ['another login, in Russian', job('user_accept', { login: 'Анна' }), job('user_drop', { login: 'Иван' }), false],
  ['a parameter that only one names', job('user_accept', { mac: '02:00:00:00:00:01' }), job('user_drop'), true],
  ['another spelling of the box', job('user_accept', { nas_ip: '::ffff:10.0.0.1' }), job('user_drop'), true],
  ['a variable that is no key', job('user_accept', { comment: 'новый' }), job('user_drop', { comment: 'old' }), true],
  ['any session over one', job('user_disconnect'), job('user_auth', { acct_session_id: 'a' }), true],
  [
    'the same session',
    job('user_disconnect', { acct_session_id: 'a' }),
    job('user_auth', { acct_session_id: 'a' }),
    true,
  ],
  [
    'another session',
    job('user_disconnect', { acct_session_id: 'b' }),
    job('user_auth', { acct_session_id: 'a' }),
    false,
  ],
  ['one session over any', job('user_disconnect', { acct_session_id: 'b' }), job('user_auth'), false],
  ['sessions of a flag that is not about them', job('user_drop', { acct_session_id: 'b' }), job('user_accept'), true],
  ['a live one over one of the background', job('user_accept'), job('user_drop', {}, true), true],
  ['one of the background over a live one', job('user_accept', {}, true), job('user_drop'), false],
  ['two of the background', job('user_accept', {}, true), job('user_drop', {}, true), true],
  ['a hook that is in no catalogue', job('user_gone'), job('user_gone'), false],
])('%s', (_what, newer, older, expected) => {
  expect(rules.supersedes(newer, older)).toBe(expected);
});

test.each([
  ['the same flag', job('user_accept'), job('user_drop'), true],
  ['a service', job('usluga_deactivated', { usluga_id: '7' }), job('usluga_activated', { usluga_id: '7' }), true],
  [
    'another service',
    job('usluga_deactivated', { usluga_id: '8' }),
    job('usluga_activated', { usluga_id: '7' }),
    false,
  ],
  ['a removal, over everything', job('user_del'), rate('1'), true],
  ['a removal of what it was before', job('user_del', { ip: '10.9.9.9' }), rate('1'), false],
  ['an addition, over a removal', job('user_add'), job('user_del'), true],
  ['an addition, over a flag', job('user_add'), job('user_drop'), false],
  ['an edit', job('user_edit'), job('user_drop'), false],
  ['anything, over an edit', job('user_del'), job('user_edit'), false],
])('what ran outdates an older one: %s', (_what, newer, older, expected) => {
  expect(rules.outdates(newer, older)).toBe(expected);
});

test('what changes the existence, and a hook of no catalogue, is a barrier', () => {
  const barriers = [...catalogue.keys(), 'user_gone'].filter((hook) => rules.isBarrier(job(hook)));
  expect(barriers.sort()).toEqual(['user_add', 'user_del', 'user_gone']);
});

test('an edit changes variables, and takes away those that it empties', () => {
  expect(editedBy({ a: '1', b: '', c: '3' }, { a: '2', c: '', d: 'новая' })).toEqual({ a: '2', b: '', d: 'новая' });
});
