// `ossia plugin new`, and that what it makes passes `check` and `test` at once, outside of our folder, for each transport.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PluginCheck } from '#core/plugin-kit/check-plugin.ts';
import { starterTransports } from '#core/plugin-kit/starter.ts';
import type { PluginReport } from '#core/plugin-kit/try-plugin.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from './ossia.ts';

const longest = 180_000;

test.each(starterTransports)(
  'a new plugin for %s passes its check, its cases and all promises as it is',
  {
    timeout: longest,
  },
  async (transport) => {
    const options = { cwd: tempDir(), timeoutMs: longest };
    const name = `bng-${transport}`;
    expect(await ossia(['plugin', 'new', name, '--transport', transport], options)).toMatchObject({ code: 0, err: '' });

    const checked = await ossia(['plugin', 'check', name, '--json'], options);
    const { ok, parts } = JSON.parse(checked.out) as PluginCheck;
    expect(parts.filter(({ problems, notes, isSkipped }) => problems.length + notes.length > 0 || isSkipped)).toEqual(
      [],
    );
    expect(parts.map(({ part }) => part)).toEqual(expect.arrayContaining(['types', 'sandbox', 'cases', 'grants']));
    expect([ok, checked.code, checked.err]).toEqual([true, 0, '']);

    const tested = await ossia(['plugin', 'test', name, '--json'], options);
    const report = JSON.parse(tested.out) as PluginReport;
    expect(report.cases.filter(({ differences }) => differences.length > 0)).toEqual([]);
    expect(report.contract.filter(({ broken }) => broken.length > 0)).toEqual([]);
    const hooks = report.cases.map(({ hook }) => hook);
    expect(hooks).toEqual(expect.arrayContaining(['user_add', 'user_del', 'user_drop', 'user_accept']));
    expect([tested.code, tested.err]).toEqual([0, '']);
  },
);

test('it goes into the plugins of the settings, or where --dir says, and says what to do next', async () => {
  const cwd = tempDir();
  await writeFile(join(cwd, 'ossia.yaml'), 'plugins: ours\n');
  const { code, out } = await ossia(['plugin', 'new', 'acme'], { cwd });
  expect(code).toBe(0);
  expect(out).toContain(join(cwd, 'ours/acme'));
  expect(out).toContain('  cases/user_add/new.json\n');
  expect(out).toContain('ossia plugin test acme ');
  const other = await ossia(['plugin', 'new', 'acme', '--dir', '.', '--transport', 'http'], { cwd });
  expect(other.out).toContain('ossia plugin test ./acme ');
  expect((await readdir(cwd)).sort()).toEqual(['acme', 'ossia.yaml', 'ours']);
  const json = await ossia(['plugin', 'new', 'третий', '--json'], { cwd });
  expect([json.code, JSON.parse(json.out)]).toEqual([1, expect.objectContaining({ code: 'input_invalid' })]);
});

test('what is there stays as it is', async () => {
  const cwd = tempDir();
  await mkdir(join(cwd, 'plugins/acme'), { recursive: true });
  const { code, err } = await ossia(['plugin', 'new', 'acme'], { cwd });
  expect(code).toBe(1);
  expect(err).toMatch(/plugins\/acme is there already, and nothing was changed/);
  expect(await readdir(join(cwd, 'plugins'), { recursive: true })).toEqual(['acme']);
});

test('used wrongly, it says what there is', async () => {
  expect(await ossia(['plugin', 'new'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('how it is to be called'),
  });
  expect(await ossia(['plugin', 'new', 'acme', '--transport', 'telnet'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('there are ssh, cli, routeros, http, coa, script'),
  });
});
