// What a list says about an account: by its row, or by what not being listed means for one of its kind.
import { expect, test } from 'vitest';
import { accountOnBox } from '#core/plugin-host/account-on-box.ts';
import type { BoxUser, KindOnBox } from '#core/plugin-sdk/index.ts';

const clean = { accept: true, redirect: false, rate: null };
const kinds: readonly KindOnBox[] = [
  { kind: { ip: 'none' }, unlisted: 'unknown' },
  { kind: { auth_types: ['1'] }, addLogsIn: true },
  { kind: { auth_types: ['', '5'], ip: 'given' }, unlisted: clean },
];
const row: BoxUser = { user_id: '1', login: '', ip: '10.1.2.3', accept: false };

test.each([
  ['no rule, not listed: it is not there', { ip: '10.1.2.3', auth_type: '9' }, undefined, { exists: false, has: {} }],
  ['no rule, listed', { ip: '10.1.2.3', auth_type: '9' }, row, { exists: true, has: row }],
  ['unknown, not listed', { ip: '', auth_type: '1' }, undefined, null],
  ['unknown, but listed', { ip: '' }, row, { exists: true, has: row }],
  ['known by its state when not listed', { ip: '10.1.2.3' }, undefined, { exists: true, has: clean }],
  ['the same with the other type', { ip: '10.1.2.3', auth_type: '5' }, undefined, { exists: true, has: clean }],
  ['logged in by user_add, not logged in', { ip: '10.1.2.3', auth_type: '1' }, row, { exists: false, has: row }],
  [
    'logged in by user_add, logged in',
    { ip: '10.1.2.3', auth_type: '1' },
    { ...row, logged: true },
    { exists: true, has: { ...row, logged: true } },
  ],
  [
    'a row of another kind',
    { ip: '10.1.2.3', auth_type: '9' },
    { ...row, of: { ip: 'none' } },
    { exists: false, has: {} },
  ],
] as const)('%s', (_name, account, user, wanted) => {
  expect(accountOnBox({ account, user, kinds })).toEqual(wanted);
});
