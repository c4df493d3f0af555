// Bundling a plugin: its own files and nothing else, the author's places in every message, and the same text each time.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { openSandbox } from '#core/sandbox/open-sandbox.ts';
import type { GuestResult, Sandbox } from '#core/sandbox/sandbox.ts';
import { callOf, programOf } from '#test/support/sandboxed.ts';
import { tempDir } from '#test/support/temp-dir.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox({ workers: 1, log: () => {} });
});
afterAll(() => sandbox.close());

async function pluginOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = join(await tempDir(), 'plugins', 'acme');
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}

async function refusalOf(folder: string): Promise<OssiaError> {
  const error = await bundlePlugin(folder).catch((thrown: unknown) => thrown);
  if (!(error instanceof OssiaError)) throw new Error('The folder was bundled.');
  expect(error.code).toBe('plugin_invalid');
  return error;
}

async function runPlugin(folder: string): Promise<GuestResult> {
  const guest = await sandbox.load({ ...programOf(''), ...(await bundlePlugin(folder)) });
  const result = await guest.run(callOf('user_add'));
  await guest.close();
  return result;
}

const whole = {
  'plugin.ts': `
import { definePlugin, refuse, sh } from '#plugin-sdk';
import { userAdd } from '#hooks/existence/user_add.ts';
import { rate } from './rates.ts';
import table from './table.json';
export default definePlugin({
  hooks: {
    async [userAdd.name]({ account }) {
      if (account.user_id === '13') throw refuse('нет');
      return [sh\`tc \${account.login ?? ''}\`, rate(2), table.max];
    },
  },
});`,
  'rates.ts': 'export const rate = (mbit: number): number => mbit * 1000;',
  'table.json': '{ "max": 7 }',
};

test('bundle runs in the sandbox with its own files, the SDK and the names of hooks', async () => {
  expect(await runPlugin(await pluginOf(whole))).toEqual({ type: 'returned', value: ["tc 'алиса'", 2000, 7] });
});

test('bundle has nothing of zod in it', async () => {
  const { source } = await bundlePlugin(await pluginOf(whole));
  expect(source.length).toBeLessThan(6000);
  expect(source).not.toContain('zod');
});

test('bundle is the same, with the same hash, wherever the folder lies', async () => {
  const [first, second] = [await bundlePlugin(await pluginOf(whole)), await bundlePlugin(await pluginOf(whole))];
  expect(second).toEqual(first);
  const changed = await bundlePlugin(await pluginOf({ ...whole, 'table.json': '{ "max": 8 }' }));
  expect(changed.hash).not.toBe(first.hash);
  expect(first.hash).toMatch(/^[0-9a-f]{64}$/);
});

const failing = {
  'plugin.ts': `import { definePlugin } from '#plugin-sdk';
import { deep } from './deep.ts';

interface OnlyTypes { readonly a: string }

export default definePlugin({
  hooks: {
    async user_add(input, device) {
      await device.coa.coa({});
      const nothing: OnlyTypes | undefined = undefined;
      return deep(nothing);
    },
  },
});
`,
  'deep.ts': `// Some lines above.
type Thing = { a: string } | undefined;

export function deep(thing: Thing): string {
  return (thing as { a: string }).a;
}
`,
};

test('a failing hook gives a stack with the lines and columns of its author, ours left out', async () => {
  const result = await runPlugin(await pluginOf(failing));
  if (result.type !== 'failed') throw new Error('It did not fail.');
  expect(result.error.message).toContain('(plugins/acme/deep.ts:5:35)');
  expect(result.stack).toMatch(
    /at deep \(plugins\/acme\/deep\.ts:5:35\)\n.*user_add \(plugins\/acme\/plugin\.ts:11:14\)$/,
  );
});

test('a host error that nobody caught shows where the plugin was waiting', async () => {
  const folder = await pluginOf(failing);
  const guest = await sandbox.load({ ...programOf(''), ...(await bundlePlugin(folder)) });
  const onCall = async (): Promise<never> => {
    throw new OssiaError('nas_timeout', 'нет ответа');
  };
  const result = await guest.run(callOf('user_add', { onCall }));
  expect(result).toMatchObject({ type: 'failed', error: { code: 'nas_timeout', message: 'нет ответа' } });
  expect(result.type === 'failed' && result.stack).toContain('plugins/acme/plugin.ts:9:');
  await guest.close();
});

test('a plugin that throws as it loads is refused with the place', async () => {
  const folder = await pluginOf({ 'plugin.ts': `const a = 1;\n\nthrow new Error('сбой' + a);\nexport default {};` });
  const loading = sandbox.load({ ...programOf(''), ...(await bundlePlugin(folder)) });
  await expect(loading).rejects.toMatchObject({
    code: 'plugin_invalid',
    fields: [{ where: 'plugins/acme/plugin.ts:3:7' }],
  });
});

test.each([
  [
    'a node module',
    `import { readFileSync } from 'node:fs';\nexport default readFileSync;`,
    '1:30',
    'not there in the sandbox',
  ],
  ['a node module without prefix', `import * as fs from 'fs';\nexport default fs;`, '1:21', 'is a package'],
  ['a package', `import { z } from 'zod';\nexport default z;`, '1:19', 'is a package'],
  ['the daemon', `import { codes } from '#core/errors.ts';\nexport default codes;`, '1:23', "the daemon's own"],
  ['a file of another plugin', `import a from '../other/a.ts';\nexport default a;`, '1:15', 'outside'],
  ['an absolute path', `import a from '/etc/passwd';\nexport default a;`, '1:15', 'outside'],
  [
    'a hook path that leads out',
    `import a from '#hooks/../core/errors.ts';\nexport default a;`,
    '1:15',
    'no hook file',
  ],
  ['its simulator', `import a from './simulator.ts';\nexport default a;`, '1:15', 'simulator'],
  ['a file that is not there', `\nimport a from './gone.ts';\nexport default a;`, '2:15', 'no file'],
  ['require', `const a = require('fs');\nexport default a;`, '1:19', 'is a package'],
  ['a dynamic import', `export default await0(() => import('node:net'));`, '1:36', 'not there'],
  ['a link out of the folder', `import a from './link.ts';\nexport default a;`, '1:15', 'link'],
])('bundle refuses to import %s, and names the place', async (_name, text, place, reason) => {
  const folder = await pluginOf({ 'plugin.ts': text, 'simulator.ts': 'export default 1;' });
  const outside = join(await tempDir(), 'outside.ts');
  await writeFile(outside, 'export default 1;');
  await symlink(outside, join(folder, 'link.ts'));
  const error = await refusalOf(folder);
  expect(error.fields).toMatchObject([{ where: `plugins/acme/plugin.ts:${place}` }]);
  expect(error.message).toContain(reason);
});

test('bundle names every compile error with file, line and column', async () => {
  const files = {
    'plugin.ts': `import './a.ts';\nimport './b.ts';\n`,
    'a.ts': 'let a = ;',
    'b.ts': `\nlet б = 'ёж' + ;`,
  };
  const folder = await pluginOf(files);
  const error = await refusalOf(folder);
  const places = error.fields.map(({ where }) => where).sort();
  expect(places).toEqual(['plugins/acme/a.ts:1:9', 'plugins/acme/b.ts:2:16']);
  expect(error.message).toContain('(and 1 more)');
});

test('bundle takes types from anywhere, since they vanish', async () => {
  const text = `import type { Job } from '#core/model/job.ts';\nconst a = (job: Job): string => job.id;\nexport default { hooks: { user_add: () => typeof a } };`;
  expect(await runPlugin(await pluginOf({ 'plugin.ts': text }))).toEqual({ type: 'returned', value: 'function' });
});

test('bundle refuses a folder without plugin.ts, and one that is not there', async () => {
  expect((await refusalOf(await pluginOf({ 'other.ts': '' }))).message).toContain('plugins/acme/plugin.ts');
  expect((await refusalOf(join(await tempDir(), 'nowhere'))).message).toContain('no such plugin folder');
});
