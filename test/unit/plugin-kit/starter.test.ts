// What a new plugin begins with: whole for each transport, in a folder of its own far from ours, and never over what is there.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { createPlugin, starterTransports } from '#core/plugin-kit/starter.ts';
import { findCompiler } from '#core/plugin-kit/type-check.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const run = promisify(execFile);
const compiler = findCompiler() ?? '';

test.each(starterTransports)(
  'an editor finds all types of a new plugin for %s outside of our folder',
  async (transport) => {
    const { folder, files } = await createPlugin({ dir: tempDir(), name: 'acme', transport });
    expect(files).toContain('tsconfig.json');
    const options = { cwd: folder };
    await expect(run(process.execPath, [compiler, '-p', folder], options)).resolves.toMatchObject({ stdout: '' });
    await writeFile(join(folder, 'wrong.ts'), "import { retry } from '#plugin-sdk';\nretry(7);\n");
    await expect(run(process.execPath, [compiler, '--pretty', 'false', '-p', folder], options)).rejects.toMatchObject({
      stdout: expect.stringMatching(/^wrong\.ts\(2,7\): error TS2345/),
    });
  },
);

test('within our own folder its settings are ours, and it knows its name in every file', async () => {
  const dir = await mkdtemp(fileURLToPath(new URL('../../../node_modules/.ossia-test-', import.meta.url)));
  onTestFinished(() => rm(dir, { recursive: true }));
  const { folder, files } = await createPlugin({ dir, name: 'bng-9', transport: 'script' });
  expect(files).not.toContain('tsconfig.json');
  expect((await readdir(dir)).sort()).toEqual(['bng-9']);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  expect(texts.join('\n')).not.toMatch(/acme/i);
  expect(JSON.parse(await readFile(join(folder, 'plugin.json'), 'utf8'))).toMatchObject({ name: 'bng-9' });
});

test('nothing that is there is written over, and what is left is what was there', async () => {
  const dir = tempDir();
  await mkdir(join(dir, 'acme'));
  await writeFile(join(dir, 'acme', 'mine.txt'), 'мой');
  await expect(createPlugin({ dir, name: 'acme', transport: 'ssh' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await readdir(dir, { recursive: true })).toEqual(['acme', 'acme/mine.txt']);
  expect(await readFile(join(dir, 'acme', 'mine.txt'), 'utf8')).toBe('мой');
});

test.each(['', '.', '..', 'a/b', '../x', 'Acme', 'acme bng', '-x', 'ацме', 'x'.repeat(64)])(
  'a folder is not called %j',
  async (name) => {
    const dir = tempDir();
    await expect(createPlugin({ dir, name, transport: 'ssh' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await readdir(dir)).toEqual([]);
  },
);
