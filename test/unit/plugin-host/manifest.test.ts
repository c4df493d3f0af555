// Reading plugin.json: what is right comes out parsed, what is wrong is named with file, line and key.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OssiaError } from '#core/errors.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const good = {
  name: 'acme',
  version: '1.2.0',
  api: '^1',
  summary: 'Железо Acme.',
  transports: { coa: ['*'], ssh: ['show *'] },
  options: { type: 'object' },
};

async function folderWith(manifest: string | null): Promise<string> {
  const folder = join(await tempDir(), 'plugins', 'acme');
  await mkdir(folder, { recursive: true });
  if (manifest !== null) await writeFile(join(folder, 'plugin.json'), manifest);
  return folder;
}

async function refusalOf(manifest: string | null): Promise<OssiaError> {
  const error = await readManifest(await folderWith(manifest)).catch((thrown: unknown) => thrown);
  if (!(error instanceof OssiaError)) throw new Error('The manifest was taken.');
  expect(error.code).toBe('plugin_invalid');
  return error;
}

test('readManifest gives what the file says', async () => {
  expect(await readManifest(await folderWith(JSON.stringify(good)))).toEqual(good);
});

test.each(['^1', '1', '1.x.x || ^1', '>=1', '^2 || ^1', '^1.0.0'])('readManifest takes api %s', async (api) => {
  expect(await readManifest(await folderWith(JSON.stringify({ ...good, api })))).toMatchObject({ api });
});

test.each(['^2', '>=2', '0', 'latest', ''])('readManifest refuses api %j', async (api) => {
  const error = await refusalOf(JSON.stringify({ ...good, api }));
  expect(error.fields[0]?.where).toContain('plugins/acme/plugin.json:1 api');
});

test('readManifest names every wrong key with its line', async () => {
  const wrong = { ...good, name: 'other', version: 'one', transports: { coa: ['*', 7] }, extra: true };
  const error = await refusalOf(JSON.stringify(wrong, null, 2));
  const places = error.fields.map(({ where }) => where);
  expect(places).toContain('plugins/acme/plugin.json:2 name');
  expect(places).toContain('plugins/acme/plugin.json:3 version');
  expect(places).toContain('plugins/acme/plugin.json:9 transports.coa.1');
  expect(error.message).toContain('plugins/acme/plugin.json:15 extra: is not a known key');
});

test('readManifest says that a key is missing', async () => {
  const { summary, ...rest } = good;
  const error = await refusalOf(JSON.stringify(rest));
  expect(error.fields).toMatchObject([{ where: 'plugins/acme/plugin.json:1 summary' }]);
});

test('readManifest names the line where the file stops being JSON', async () => {
  const error = await refusalOf('{\n  "name": "acme",\n  "version": oops\n');
  expect(error.fields[0]?.where).toMatch(/^plugins\/acme\/plugin\.json:[34]$/);
  expect(error.message).toContain('not JSON');
});

test('readManifest says that the file is missing', async () => {
  expect((await refusalOf(null)).message).toContain('plugins/acme/plugin.json');
});

test('readManifest says in its own words what is missing and what a mistyped key should be', async () => {
  const { summary, ...rest } = good;
  const error = await refusalOf(JSON.stringify({ ...rest, sumary: summary, version: 1 }));
  expect(error.fields).toEqual(
    expect.arrayContaining([
      { where: 'plugins/acme/plugin.json:1 summary', problem: 'is missing' },
      { where: 'plugins/acme/plugin.json:1 version', problem: 'expected a text' },
      { where: 'plugins/acme/plugin.json:1 sumary', problem: 'is not a known key; did you mean "summary"?' },
    ]),
  );
});
