// `ossia plugin repl`, driven by what is piped into it: each line waits for the one before.
import { expect, test } from 'vitest';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from './ossia.ts';

test('the device, the hooks, the state and the journal of a simulated box', { timeout: 90_000 }, async () => {
  const cwd = tempDir();
  await ossia(['plugin', 'new', 'acme'], { cwd });
  const lines = [
    "(await device.ssh.read('show version')).stdout",
    "await device.ssh.lines('show version')",
    "account.login = 'Боб'",
    "await run('user_add', { ip: '10.9.9.9' })",
    'state().subscribers[1001].ip',
    "(await run('user_info')).blocked",
    "await device.ssh.run('reboot')",
    "await run('user_ad')",
    'nonsense(',
    ')',
    'journal().length',
    "await reset({ options: { service: 'tv' } })",
    'options.service + Object.keys(state().subscribers).length + journal().length',
    'hooks.length',
    '.exit',
    "'not any more'",
  ];
  const { code, out, err } = await ossia(['plugin', 'repl', 'acme'], { cwd, input: `${lines.join('\n')}\n` });
  expect([code, err]).toEqual([0, '']);
  const expected = [
    "'ACME OS 1.0'",
    "[ 'ACME OS 1.0' ]",
    "'Боб'",
    '-> ssh      subscriber set -- 1001 10.9.9.9 inet',
    'done',
    "'10.9.9.9'",
    '-> ssh      show subscriber -- 1001',
    'false',
    "code: 'not_granted'",
    'There is no hook user_ad; did you mean user_add?',
    'nonsense is not defined',
    "'tv00'",
    '5',
  ];
  let from = 0;
  for (const text of expected) {
    const at = out.indexOf(text, from);
    expect(at, `${text}, in this order, in:\n${out}`).toBeGreaterThanOrEqual(from);
    from = at + text.length;
  }
  expect(out).not.toContain('not any more');
});

test('the end of what is piped is its end, and a plugin that does not load is said so', {
  timeout: 60_000,
}, async () => {
  const cwd = tempDir();
  await ossia(['plugin', 'new', 'acme', '--transport', 'coa'], { cwd });
  const run = (input: string, name = 'acme') => ossia(['plugin', 'repl', name], { cwd, input });
  expect(await run('1 + 1')).toEqual({ code: 0, out: '2\n', err: '' });
  expect(await run("await run('user_add')\n")).toMatchObject({ code: 0, out: expect.stringContaining('gone: ') });
  expect(await run('1', 'other')).toMatchObject({ code: 1, err: expect.stringContaining('ossia plugin repl: ') });
});
