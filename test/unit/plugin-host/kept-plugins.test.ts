// The kept versions of plugins: only what nobody else can have written, and only when it is what its name says.
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openKeptPlugins } from '#core/plugin-host/kept-plugins.ts';
import { type Plugin, pluginHash } from '#core/plugin-host/plugin-shelf.ts';
import { tempDir } from '#test/support/temp-dir.ts';

function plugin(source: string): Plugin {
  const manifest = { name: 'acme', version: '1.0.0', api: '^1', summary: 'для проверки', transports: {}, options: {} };
  const checkOptions = () => ({ ok: true as const, options: {} });
  return { manifest, source, sourceMap: '{}', hash: pluginHash({ source, manifest }), checkOptions };
}

async function world() {
  const dir = join(tempDir(), 'plugins');
  const warned: string[] = [];
  const log = { warn: (_fields: object, message: string) => void warned.push(message) };
  const open = () => openKeptPlugins({ dir, log });
  const keep = async (...kept: readonly (readonly [string, Plugin])[]) => {
    const one = await open();
    for (const [nas, version] of kept) one.keep(nas, version);
    await one.close();
  };
  return { dir, warned, open, keep };
}

test('what was kept is there after a restart, for its owner only, and what nobody needs is removed', async () => {
  const { dir, open, keep } = await world();
  const [first, second] = [plugin('first'), plugin('второй')];
  await keep(['a', first], ['b', first]);
  await keep(['a', second]);
  expect((await readdir(dir)).filter((name) => name.startsWith('.'))).toEqual([]);
  expect((await stat(dir)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);

  const again = await open();
  expect((await again.good('a'))?.source).toBe('второй');
  expect((await again.good('b'))?.hash).toBe(first.hash);
  expect(await again.good('nobody')).toBeUndefined();
  again.drop('b');
  await again.close();
  expect((await readdir(dir)).sort()).toEqual([`${second.hash}.json`, 'kept.json'].sort());
});

test('a version that was taken back is remembered until it is kept after all', async () => {
  const { open } = await world();
  const bad = plugin('bad');
  const one = await open();
  one.keep('a', plugin('good'));
  one.refuse('a', { hash: bad.hash, reason: 'опечатка' });
  await one.close();
  const two = await open();
  expect(two.refused('a')).toEqual({ hash: bad.hash, reason: 'опечатка' });
  two.keep('a', bad);
  expect(two.refused('a')).toBeUndefined();
  await two.close();
});

test.each([
  [
    'another content',
    async (file: string) => writeFile(file, (await readFile(file, 'utf8')).replace('first', 'evil!')),
  ],
  ['half of it', async (file: string) => writeFile(file, (await readFile(file, 'utf8')).slice(0, 40))],
  ['a file that others may write', (file: string) => chmod(file, 0o666)],
  [
    'a link to elsewhere',
    async (file: string) => {
      await writeFile(`${file}.elsewhere`, await readFile(file));
      await rm(file);
      await symlink(`${file}.elsewhere`, file);
    },
  ],
  ['nothing', (file: string) => rm(file)],
  [
    'a folder',
    async (file: string) => {
      await rm(file);
      await mkdir(file);
    },
  ],
])('a kept plugin with %s is not used', async (_what, tamper) => {
  const { dir, warned, open, keep } = await world();
  const first = plugin('first');
  await keep(['a', first]);
  await tamper(join(dir, `${first.hash}.json`));
  const again = await open();
  expect(await again.good('a')).toBeUndefined();
  // That there is none any more is no reason to worry anybody.
  expect(warned.length).toBe(_what === 'nothing' ? 0 : 1);
  await again.close();
});

test('a kept plugin that was spoilt is written anew by whoever has it in force', async () => {
  const { dir, open, keep } = await world();
  const first = plugin('first');
  await keep(['a', first]);
  await writeFile(join(dir, `${first.hash}.json`), '{"manifest":');
  const again = await open();
  expect(await again.good('a')).toBeUndefined();
  again.keep('a', first);
  expect(await again.good('a')).toBeDefined();
  await again.close();
  expect(await again.good('a')).toBeDefined();
  expect(await (await open()).good('a')).toMatchObject({ source: 'first' });
});

test('a ledger that cannot be read stops nothing', async () => {
  const { dir, warned, open, keep } = await world();
  await keep(['a', plugin('first')]);
  await writeFile(join(dir, 'kept.json'), '{"profiles": {"a": {"good": "../../etc/passwd"}}}');
  const again = await open();
  expect(await again.good('a')).toBeUndefined();
  expect(warned).toHaveLength(1);
  again.keep('a', plugin('first'));
  await again.close();
  expect(await (await open()).good('a')).toBeDefined();
});
