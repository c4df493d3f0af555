// The script transport against real programs: what they see, how they end, and that nothing of them lives on.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { CommandResult } from '#core/plugin-sdk/device.ts';
import { scriptTransport } from '#core/transport/script/script.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { connectTransport, type TransportCaller } from '#test/support/transport-call.ts';
import { until } from '#test/support/until.ts';

const releasers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const release of releasers.splice(0).reverse()) await release();
});

function program(text: string, mode = 0o755): string {
  const file = join(tempDir(), 'program');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function scripts(file: string, more: Record<string, unknown> = {}): TransportCaller {
  const caller = connectTransport(scriptTransport, { programs: { session: file }, ...more });
  releasers.push(caller.close);
  return caller;
}

// Debian's python prints its environment as it got it; a shell would add variables of its own.
const printEnvironment = '#!/usr/bin/python3 -I\nimport os, json\nprint(json.dumps(dict(os.environ)))\n';

const pidsIn = (file: string) => {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('what the program gets', () => {
  test('its environment is exactly what was given, in UTF-8', async () => {
    process.env['OSSIA_TEST_SECRET'] = 'must not be seen';
    const values = {
      login: "Иванов'; rm -rf / #",
      psw: '$(reboot)`reboot`"',
      note: 'две\nстроки\tи\\',
      long: 'я'.repeat(5_120),
      empty: '',
    };
    const script = scripts(program(printEnvironment), { env: { scheme: 'mikrotik-simple' } });
    const { stdout } = await script.call<CommandResult>('run', 'session', ['user_drop'], values);
    delete process.env['OSSIA_TEST_SECRET'];
    const seen = JSON.parse(stdout) as Record<string, string>;
    expect(seen).toEqual({
      ...values,
      scheme: 'mikrotik-simple',
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      LANG: 'C.UTF-8',
      ...(seen['LC_CTYPE'] ? { LC_CTYPE: seen['LC_CTYPE'] } : {}),
    });
  });

  test('its words are those of the profile and then those of the plugin', async () => {
    const file = program('#!/bin/sh\nfor word in "$@"; do echo "[$word]"; done\n');
    const script = scripts('', { programs: { session: { file, args: ['-x', 'a b'] } } });
    expect(await script.call('run', 'session', ['user_add', ''], {})).toMatchObject({
      stdout: '[-x]\n[a b]\n[user_add]\n[]\n',
    });
  });

  test('its standard input is what was given, or nothing at all', async () => {
    const script = scripts(program('#!/bin/sh\nexec cat\n'));
    const text = 'ввод\n'.repeat(50_000);
    expect(await script.call('run', 'session', [], {}, { stdin: text })).toMatchObject({ stdout: text });
    expect(await script.call('run', 'session', [], {})).toMatchObject({ exitCode: 0, stdout: '' });
  });

  test.each([
    ['PATH'],
    ['LD_PRELOAD'],
    ['BASH_ENV'],
    ['ENV'],
    ['IFS'],
    ['NODE_OPTIONS'],
    ['PYTHONPATH'],
    ['https_proxy'],
    ['with space'],
    ['x=y'],
    ['BASH_FUNC_ls%%'],
    ['1st'],
  ])('a variable named %s is not taken', async (name) => {
    const script = scripts(program('#!/bin/sh\n'));
    await expect(script.call('run', 'session', [], { [name]: 'x' })).rejects.toThrow();
  });

  test.each([['-rf'], ['a b'], ['$(id)'], ["it's"], ['Иванов'], ['a;b'], ['*']])(
    'the word %s is not taken',
    async (word) => {
      const script = scripts(program('#!/bin/sh\n'));
      await expect(script.call('run', 'session', [word], {})).rejects.toThrow();
    },
  );
});

describe('how it ends', () => {
  test.each([
    [143, 'nas_busy'],
    [254, 'nas_busy'],
    [1, 'nas_refused'],
    [127, 'nas_refused'],
  ])('exit code %i is %s', async (exitCode, code) => {
    const script = scripts(program(`#!/bin/sh\necho "нет ответа" >&2\nexit ${exitCode}\n`));
    await expect(script.call('run', 'session', [], {})).rejects.toMatchObject({
      code,
      said: 'нет ответа',
      details: { exitCode },
    });
  });

  test('an exit code that is expected is an answer', async () => {
    const script = scripts(program('#!/bin/sh\nexit 3\n'));
    expect(await script.call('run', 'session', [], {}, { okCodes: [3] })).toMatchObject({ exitCode: 3 });
  });

  test('an endless output is cut off', async () => {
    const script = scripts(program('#!/bin/sh\nexec yes\n'), { max_output: '10KB' });
    await expect(script.call('run', 'session', [], {})).rejects.toMatchObject({ code: 'nas_protocol' });
  });

  test('a background child does not keep the caller waiting and does not live on', async () => {
    const pids = join(tempDir(), 'pids');
    const script = scripts(program(`#!/bin/sh\nsleep 30 &\necho $! >> ${pids}\necho done\n`));
    const begun = Date.now();
    expect(await script.call('run', 'session', [], {})).toMatchObject({ stdout: 'done\n' });
    expect(Date.now() - begun).toBeLessThan(5_000);
    await until(() => pidsIn(pids).every((pid) => !isAlive(pid)), 2_000);
  });
});

const endless = (pids: string, trap: string) => `#!/bin/bash
${trap}
echo $$ >> ${pids}
( ${trap}; echo $BASHPID >> ${pids}; ( ${trap}; echo $BASHPID >> ${pids}; while :; do :; done ) & while :; do :; done ) &
( exec >/dev/null 2>&1 </dev/null; ${trap}; echo $BASHPID >> ${pids}; while :; do sleep 1; done ) &
while :; do :; done
`;

describe('a program that never ends', () => {
  test.each([
    ['and lets itself be ended', ':'],
    ['and ignores SIGTERM', 'trap "" TERM'],
  ])('%s is killed at the deadline with children and grandchildren', async (_what, trap) => {
    const pids = join(tempDir(), 'pids');
    const script = scripts(program(endless(pids, trap)));
    const begun = Date.now();
    const call = script.callWithin(1_000, 'run', 'session', [], {});
    const settled = expect(call).rejects.toMatchObject({ code: 'nas_timeout' });
    await settled;
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(pidsIn(pids)).toHaveLength(4);
    await until(() => pidsIn(pids).every((pid) => !isAlive(pid)), 2_000);
  });

  test('is killed when the transport closes', async () => {
    const pids = join(tempDir(), 'pids');
    const script = scripts(program(endless(pids, ':')));
    const settled = expect(script.call('run', 'session', [], {})).rejects.toMatchObject({ code: 'aborted' });
    await until(() => pidsIn(pids).length === 4);
    await script.close();
    await settled;
    await until(() => pidsIn(pids).every((pid) => !isAlive(pid)), 2_000);
  });
});

describe('which programs may run', () => {
  test('one that the profile does not name is not granted', async () => {
    const script = scripts(program('#!/bin/sh\n'));
    for (const name of ['other', '/bin/sh', 'constructor'])
      await expect(script.call('run', name, [], {})).rejects.toMatchObject({ code: 'not_granted' });
  });

  test.each([
    ['is missing', () => '/nonexistent/program', /ENOENT/],
    ['is a folder', () => tempDir(), /not a plain file/],
    ['can be rewritten by everybody', () => program('#!/bin/sh\n', 0o757), /rewritten by every user/],
    ['is not executable', () => program('#!/bin/sh\n', 0o644), /not executable/],
    ['has no interpreter', () => program('#!/nonexistent/sh\n'), /cannot be started/],
  ])('one that %s is refused with the reason', async (_what, file, message) => {
    const call = scripts(file()).call('run', 'session', [], {});
    await expect(call).rejects.toMatchObject({ code: 'profile_invalid' });
    await expect(call).rejects.toThrow(message);
  });
});

test('the journal shows the run without passwords, and a dry run says the same', async () => {
  const file = program('#!/bin/sh\necho ok\n');
  const script = scripts(file);
  const values = { login: 'Иванов', psw: 'hunter2' };
  await script.call('run', 'session', ['user_add'], values);
  const sent = `${file} user_add\nlogin=Иванов\npsw=***`;
  expect(script.exchanges).toEqual([
    { kind: 'sent', text: sent },
    { kind: 'received', text: 'exit 0\nok' },
  ]);
  expect(script.describe('run', 'session', ['user_add'], values)).toBe(sent);
});
