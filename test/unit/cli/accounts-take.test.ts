// `ossia accounts put` and `import` from standard input, and what they say when it cannot go on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { subscriber, takingStage } from '#test/support/taking-stage.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { memoryWorld } from '../api/memory-world.ts';
import { runningApi } from '../api/running-api.ts';
import { ossia } from './ossia.ts';

async function world(maxWaiting = 1e6) {
  const stage = await takingStage({ maxWaiting });
  const memory = memoryWorld();
  Object.assign(memory.deps, { accounts: { ...memory.deps.accounts, ...stage.taking } });
  const { socket, api } = await runningApi({ world: memory });
  return { ...stage, socket, api };
}

test('a state and lines come by standard input', async () => {
  const { socket, store } = await world();
  const put = await ossia(['accounts', 'put', '1001', '--file', '-', '--socket', socket], {
    input: JSON.stringify({ variables: subscriber({ psw: 'тайна' }) }),
  });
  expect(put).toMatchObject({ code: 0, err: '' });
  const input = `${JSON.stringify({ variables: subscriber({ user_id: '7' }) })}\nне JSON\n`;
  const imported = await ossia(['accounts', 'import', '-', '--socket', socket], { input });
  expect(imported).toEqual({
    code: 1,
    err: '',
    out: '2 lines: 1 accounts taken, 0 unchanged, 1 jobs, 1 lines wrong\n  line 2: is not JSON\n',
  });
  expect(await store.record('1001')).toMatchObject({ variables: { psw: 'тайна' } });
  expect(await store.record('7')).toBeDefined();
});

test('what is only stored is told apart from what was so already', async () => {
  const { socket } = await world();
  const put = (login: string) =>
    ossia(['accounts', 'put', '1001', '--file', '-', '--no-jobs', '--socket', socket], {
      input: JSON.stringify({ variables: subscriber({ login }) }),
    });
  expect(await put('вася')).toMatchObject({ code: 0, out: 'stored as version 1; no job is made of it\n' });
  expect(await put('вася')).toMatchObject({ code: 0, out: 'nothing to do: it is so in version 1\n' });
  expect(await put('петя')).toMatchObject({ code: 0, out: 'stored as version 2; no job is made of it\n' });
});

test.each([
  ['no account', ['put', '--file', 'x'], 2, 'say whose state it is'],
  ['no file', ['put', '1001'], 2, 'where it stands'],
  ['no such file', ['put', '1001', '--file', 'nowhere.json'], 2, 'nowhere.json cannot be read'],
  ['nothing to import', ['import'], 2, 'say from where'],
  ['a folder to import', ['import', 'core'], 2, 'core is a folder'],
  ['an unknown option', ['import', 'x', '--no-job'], 2, 'did you mean --no-jobs?'],
  ['no daemon', ['import', 'package.json', '--socket', '/nonexistent/x.sock'], 75, 'run it again'],
])('%s is said', async (_, words, code, text) => {
  const ended = await ossia(['accounts', ...words]);
  expect(ended).toMatchObject({ code, out: '', err: expect.stringContaining(text) });
});

test('a wrong state is refused with its field', async () => {
  const { socket } = await world();
  const input = JSON.stringify({ variables: subscriber(), accept: 'да' });
  const ended = await ossia(['accounts', 'put', '1001', '--file', '-', '--socket', socket], { input });
  expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/\/accept: expected true or false/) });
});

test('a stop while lines still come is said by the command, not only a broken connection', async () => {
  const { socket, api, store } = await world();
  const lines = Array.from({ length: 60_000 }, (_, n) =>
    JSON.stringify({ variables: subscriber({ user_id: String(n) }) }),
  );
  const file = join(tempDir(), 'accounts.ndjson');
  writeFileSync(file, lines.join('\n'));
  const importing = ossia(['accounts', 'import', file, '--no-jobs', '--socket', socket]);
  while ((await store.recordPage({ limit: 1_000 })).length < 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await api.close();
  const ended = await importing;
  expect(ended).toMatchObject({ code: 75, out: '' });
  expect(ended.err).toMatch(/stopping.*taken stay.*run it again/s);
});
