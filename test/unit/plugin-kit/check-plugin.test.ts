// The check of a plugin's folder: every part says its own mistakes, with file and line, and none hides another's.
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { noCompiler, type PartCheck, type PluginCheck } from '#core/plugin-kit/check-plugin.ts';
import { createPlugin } from '#core/plugin-kit/starter.ts';
import { tempDir } from '#test/support/temp-dir.ts';
import { ossia } from '#test/unit/cli/ossia.ts';

const checker = new URL('../../../core/plugin-kit/check-plugin.ts', import.meta.url).href;

async function checked(change: (folder: string) => Promise<unknown>): Promise<(part: PartCheck['part']) => string> {
  const { folder } = await createPlugin({ dir: join(tempDir(), 'plugins'), name: 'acme', transport: 'ssh' });
  await change(folder);
  const { code, out } = await ossia(['plugin', 'check', folder, '--json'], { timeoutMs: 60_000 });
  const { ok, parts } = JSON.parse(out) as PluginCheck;
  expect(code).toBe(ok ? 0 : 1);
  expect(ok).toBe(parts.every(({ problems }) => problems.length === 0));
  return (name) => {
    const found = parts.find(({ part }) => part === name);
    const lines = [
      ...(found?.problems ?? []).map(({ where, problem }) => `${where}: ${problem}`),
      ...(found?.notes ?? []),
    ];
    return lines.join('\n');
  };
}

async function edit(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
}

test('a mistyped hook, an import of a package and a wrong type are each found, with their lines', async () => {
  const wrong = await checked(async (folder) => {
    const file = join(folder, 'plugin.ts');
    await edit(file, 'async user_drop(', 'async user_drp(');
    await edit(
      join(folder, 'show.ts'),
      'export interface',
      "import fs from 'node:fs';\n\nexport const home = fs;\nexport interface",
    );
  });
  expect(wrong('imports')).toMatch(/^plugins\/acme\/show\.ts:3:\d+: "node:fs" is not there in the sandbox/);
  expect(wrong('sandbox')).toBe('needs imports to be well');
  expect(wrong('manifest')).toBe('');
  expect(wrong('simulator')).toBe('');

  const mistyped = await checked((folder) => edit(join(folder, 'plugin.ts'), 'async user_drop(', 'async user_drp('));
  expect(mistyped('sandbox')).toContain('user_drp: is not a hook of the catalogue; did you mean user_drop?');
});

test('a manifest and a schema that are wrong are named, and types and cases are looked at all the same', async () => {
  const wrong = await checked(async (folder) => {
    await edit(join(folder, 'plugin.json'), '"api": "^1"', '"api": "^2"');
    await edit(join(folder, 'plugin.ts'), 'account: { user_id', 'acount: { user_id');
    await edit(join(folder, 'cases/user_add/new.json'), '"outcome": "done"', '"outcome": "fine"');
  });
  expect(wrong('manifest')).toContain('plugins/acme/plugin.json:4 api: this daemon offers version 1');
  expect(wrong('types')).toMatch(/plugins\/acme\/plugin\.ts:18:\d+: TS\d+: .*acount/);
  expect(wrong('cases')).toMatch(/plugins\/acme\/cases\/user_add\/new\.json:\d+ outcome: expected one of done/);

  const schema = await checked((folder) => edit(join(folder, 'plugin.json'), '"type": "string"', '"typ": "string"'));
  expect(schema('options')).toContain('plugin.json options: ');
});

test('a hook without a case, one that the README does not know, and a pattern that no case needs are said', async () => {
  const wrong = await checked(async (folder) => {
    await rm(join(folder, 'cases/user_drop'), { recursive: true });
    await edit(join(folder, 'README.md'), '`user_info`', '`info`');
  });
  expect(wrong('cases')).toBe('cases/user_drop/: there is no case of user_drop');
  expect(wrong('README')).toBe('README.md: does not say what user_info does');

  const greedy = await checked((folder) =>
    edit(join(folder, 'plugin.json'), '"subscriber *"', '"subscriber *", "reboot"'),
  );
  expect(greedy('grants')).toBe('ssh "reboot" is asked for, and no case needs it');
});

test('a simulator that cannot be imported, and a case of no hook', async () => {
  const wrong = await checked(async (folder) => {
    await edit(join(folder, 'simulator.ts'), 'export const startSimulator', 'const startSimulatr');
    await mkdir(join(folder, 'cases/user_ad'));
    await writeFile(
      join(folder, 'cases/user_ad/x.json'),
      '{ "account": {}, "outcome": "done", "sent": [], "state_after": {} }',
    );
  });
  expect(wrong('simulator')).toContain('plugins/acme/simulator.ts: exports no function startSimulator');
  expect(wrong('cases')).toContain('"user_ad" is not a hook of the catalogue; did you mean "user_add"?');
  expect(wrong('grants')).toBe('needs simulator and cases to be well');
});

test('a folder that is not there is said to be that', async () => {
  const folder = join(tempDir(), 'no');
  const { code, err } = await ossia(['plugin', 'check', folder]);
  expect([code, err]).toEqual([1, `ossia plugin check: There is no folder ${folder}.\n`]);
});

test('without TypeScript the check says so, and looks at the rest', async () => {
  const { folder } = await createPlugin({ dir: tempDir(), name: 'acme', transport: 'ssh' });
  await writeFile(join(folder, 'README.md'), 'user_add, user_del, user_drop, user_accept\n');
  const script = `import { checkPlugin } from ${JSON.stringify(checker)};
    const found = await checkPlugin({ folder: ${JSON.stringify(folder)}, compiler: null });
    process.stdout.write(JSON.stringify(found), () => process.exit());`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const { ok, parts } = JSON.parse(stdout) as PluginCheck;
  const of = (name: string) => parts.find(({ part }) => part === name);
  expect(of('types')).toMatchObject({ isSkipped: true, problems: [], notes: [noCompiler] });
  expect(of('README')?.problems).toEqual([{ where: 'README.md', problem: 'does not say what user_info does' }]);
  expect(of('sandbox')).toMatchObject({ isSkipped: false, problems: [] });
  expect(ok).toBe(false);
});
