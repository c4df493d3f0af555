// Ctrl-C while a plugin is tried: nothing stays of the boxes that it was tried on.
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { tempDir } from '#test/support/temp-dir.ts';
import { until } from '#test/support/until.ts';
import { ossia, startOssia } from './ossia.ts';

test.each([
  ['test', 'acme', 'SIGINT', 1],
  ['try', 'user_add --plugin acme', 'SIGTERM', 1],
  ['repl', 'acme', 'SIGTERM', 0],
] as const)(
  'plugin %s leaves no folder of a box behind',
  { timeout: 60_000 },
  async (command, words, signal, status) => {
    const cwd = tempDir();
    const TMPDIR = tempDir();
    await ossia(['plugin', 'new', 'acme', '--transport', 'script'], { cwd });
    const args = ['plugin', command, ...words.split(' ')];
    const { ended, kill } = startOssia(args, { cwd, env: { TMPDIR }, input: 'await new Promise(() => {})\n' });
    const left = async () => (await readdir(TMPDIR)).filter((name) => name.startsWith('ossia-'));
    await until(async () => (await left()).length > 0, 20_000);
    kill(signal);
    expect(await ended).toMatchObject({ code: status });
    expect(await left()).toEqual([]);
  },
);
