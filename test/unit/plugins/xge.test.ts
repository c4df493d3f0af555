// What no single case of the XGE's plugin shows: which values reach its shell, and its lists.
import { afterAll, describe, expect, test } from 'vitest';
import { openPluginKit } from '#core/plugin-kit/kit.ts';
import { loadParts } from '#core/plugin-kit/parts.ts';
import { pluginFolder } from '#test/support/plugin-folders.ts';
import { textOf } from '../../../plugins/xge/command.ts';
import { stateIn } from '../../../plugins/xge/reports.ts';

const kit = await openPluginKit({ folder: pluginFolder('xge'), engine: 'sandbox', parts: await loadParts() });
afterAll(() => kit.close());

const make = (command: string, account: Record<string, string>) => textOf(command, { hook: 'user_edit', account });

describe('a value that is no plain word reaches no command', () => {
  const hostile = [
    ';reboot',
    '$(reboot)',
    '`reboot`',
    'a b',
    'a\nb',
    '-rf',
    'Иванов',
    '"',
    "'",
    '|',
    '&',
    '>',
    '*',
    '\0',
    '..\u202e',
  ];
  test.each(hostile)('%j', (value) => {
    for (const variable of ['ip', 'mac', 'rate_in', 'login'])
      for (const text of value.startsWith('-') ? [value] : [value, `100.64.0.7${value}`])
        expect(() => make(`session {${variable}} x`, { [variable]: text })).toThrow('cannot be told to this box');
  });

  test.each([
    ['ip', '100.64.0.256'],
    ['ip', '100.64.0.7/24'],
    ['login', '100.64.0.7/32'],
    ['ip', '2001:db8::1'],
    ['rate_in', '-1'],
    ['rate_in', '10k'],
    ['mac', '0a:1b:2c:3d:4e'],
  ])('%s %s', (variable, value) => {
    expect(() => make(`session {${variable}}`, { [variable]: value })).toThrow('cannot be told to this box');
  });
});

test('templates take the first variable that is there, and leave a command out for want of an optional one', () => {
  expect(make('x {ceil_in|rate_in}', { rate_in: '10' })).toBe('x 10');
  expect(make('x {ceil_in|rate_in}', { rate_in: '10', ceil_in: '20' })).toBe('x 20');
  expect(make('nat {snatip?}', { snatip: '' })).toBeNull();
  expect(make('nat {snatip:0.0.0.0}', {})).toBe('nat 0.0.0.0');
  expect(make('nat {snatip:0.0.0.0}', { snatip: '203.0.113.6/32' })).toBe('nat 203.0.113.6');
  expect(() => make('nat {ip}', {})).toThrow('the billing did not send');
  expect(() => make(`${'x'.repeat(250)} {login}`, { login: 'alice' })).toThrow('longer than the 253 characters');
});

test('what the box prints of a session is read where it is pairs, and is nothing else', () => {
  expect(stateIn('ip=1.2.3.4 snat= policy= lists=xge_negbal_list state=DOWN')).toEqual({
    accept: true,
    redirect: true,
    snatip: null,
    rate: null,
  });
  expect(stateIn('Сессия 1.2.3.4 поднята')).toEqual({});
});

test('everybody in any of the lists is listed once, with what each list says of him', async () => {
  const sessions = {
    '100.64.0.7': { state: 'UP', lists: ['xge_auth_list'] },
    '100.64.0.8': { state: 'UP', lists: ['xge_auth_list', 'xge_blocked_list'] },
    '100.64.0.9': { state: 'DOWN', lists: ['xge_negbal_list'] },
    '100.64.0.10': { state: 'DOWN', lists: [] },
  };
  const box = await kit.openBox({ state: { sessions } });
  try {
    const users: unknown[] = [];
    const listing = await box.nas.listUsers({
      signal: new AbortController().signal,
      onUsers: (page) => void users.push(...page),
    });
    expect(listing).toMatchObject({ type: 'listed' });
    expect(users).toMatchObject([
      { ip: '100.64.0.7', accept: true, redirect: false, logged: true },
      { ip: '100.64.0.8', accept: false, redirect: false, logged: true },
      { ip: '100.64.0.9', accept: true, redirect: true },
    ]);
  } finally {
    await box.close();
  }
});
