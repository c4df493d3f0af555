// What CoA plugins name sessions by: the ways whose variables are there, in their order, and never nobody.
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import {
  byAcctSessionId,
  firstFound,
  isNak,
  render,
  type SessionWay,
  sessionIdentities,
} from '#core/plugin-sdk/index.ts';

const byLogin = { variable: 'login', attribute: 'User-Name' };
const ways: readonly SessionWay[] = [[byAcctSessionId, byLogin], [byLogin]];

test('a session is named by each way whose variables are all there, in the order of the ways', () => {
  const account = { login: 'Иванов', acct_session_id: '0000001A' };
  expect(sessionIdentities({ account, hook: 'user_drop' }, ways)).toEqual([
    { 'Acct-Session-Id': '0000001A', 'User-Name': 'Иванов' },
    { 'User-Name': 'Иванов' },
  ]);
  expect(sessionIdentities({ account: { login: 'bob', acct_session_id: '' }, hook: 'user_drop' }, ways)).toEqual([
    { 'User-Name': 'bob' },
  ]);
});

test('a request that would name nobody is refused, and so is a name that no attribute holds', () => {
  const named = (account: Record<string, string>) => () => sessionIdentities({ account, hook: 'user_drop' }, ways);
  expect(named({ ip: '10.1.2.3' })).toThrow('user_drop would name no session');
  expect(named({ login: 'я'.repeat(127) })).toThrow('login is no text of at most 253 bytes');
  expect(named({ login: 'a\ud800' })).toThrow('login is no text');
});

test('a miss by one identity is believed when all miss; any other answer of the box goes on', async () => {
  const asked: unknown[] = [];
  const answer = (known: string | null, code = 'session_not_found') =>
    firstFound([{ a: '1' }, { a: '2' }, { a: '3' }], async (identity) => {
      asked.push(identity['a']);
      if (identity['a'] !== known) throw new OssiaError(code as 'session_not_found', 'no');
      return 'yes';
    });
  expect(await answer('2')).toEqual({ identity: { a: '2' }, answer: 'yes' });
  expect(await answer(null)).toBeUndefined();
  expect(asked).toEqual(['1', '2', '1', '2', '3']);
  await expect(answer(null, 'nas_refused')).rejects.toSatisfy(isNak);
  await expect(answer(null, 'nas_timeout')).rejects.not.toSatisfy(isNak);
});

test('a template takes the variables, times a number, and no value that would be more than one', () => {
  const rendering = (account: Record<string, string>) => ({ account, hook: 'user_rate_set', attribute: 'the service' });
  expect(render('svc({rate_out*1000})', rendering({ rate_out: '50' }))).toBe('svc(50000)');
  expect(render('{login}', rendering({ login: 'a b' }))).toBe('a b');
  expect(() => render('svc({login})', rendering({ login: 'a),svc2(b' }))).toThrow('separator');
  expect(() => render('svc({login})', rendering({}))).toThrow('login, which was not sent');
});
