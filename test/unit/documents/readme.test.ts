// The README says what is so: generated tables are up to date, and its examples are the ones that work.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseState } from '#core/accounts/parse-state.ts';
import { effectsOf } from '#core/map/effects.ts';
import { parseEvent } from '#core/map/parse-event.ts';
import { bundlePlugin } from '#core/plugin-host/bundle.ts';
import { readManifest } from '#core/plugin-host/manifest.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { generated } from '#test/support/readme-tables.ts';
import { tempDir } from '#test/support/temp-dir.ts';

const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
const packageJson = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));

test.each(await generated())('the generated tables of $file are those of the source', ({ now, wanted }) => {
  expect(now, 'npm run generate').toBe(wanted);
});

test('the event of the README is taken', () => {
  const text = /-d '(\{[\s\S]*?\})'/.exec(readme)?.[1] ?? '';
  expect(parseEvent(JSON.parse(text), 'test', catalogue)).toMatchObject({ ok: true });
});

test('the state of the README is taken', () => {
  const text = /-X PUT[\s\S]*?-d '(\{[\s\S]*?\})'/.exec(readme)?.[1] ?? '';
  const parsed = parseState({ body: JSON.parse(text), userId: '1001', effects: effectsOf(catalogue) });
  expect(parsed).toMatchObject({ ok: true, wanted: { services: ['tv-1'] } });
});

test('the plugin of the README is one that loads', async () => {
  const part = (pattern: RegExp) => pattern.exec(readme)?.[1] ?? '';
  const folder = join(tempDir(), 'acme');
  await mkdir(folder);
  await writeFile(join(folder, 'plugin.json'), part(/```json\n(\{\n {2}"name"[\s\S]*?)```/));
  await writeFile(join(folder, 'plugin.ts'), part(/```ts\n(import \{ definePlugin[\s\S]*?)```/));
  expect(await readManifest(folder)).toMatchObject({
    name: 'acme',
    transports: { routeros: ['/ip/firewall/address-list', '/system/resource'] },
  });
  expect((await bundlePlugin(folder)).source).toContain('user_drop');
});

test('every library is pinned exactly and justified in the README', () => {
  const all: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };
  for (const [name, version] of Object.entries(all)) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    const group = name.startsWith('@types/') ? '@types/*' : name;
    expect(readme, name).toMatch(new RegExp(`^\\|[^|]*${group.replace('*', '\\*')}[^|]*\\|`, 'm'));
  }
});

test('the scripts that the README names exist', () => {
  const named = [...readme.matchAll(/npm run (?:-s )?(\w+)/g)].map((match) => match[1] ?? '');
  expect(named.filter((name) => packageJson.scripts[name] === undefined)).toEqual([]);
});

// By name alone: npm matches a version against the address in the lock file, which has none. The lock file pins it anyway.
test('npm may run just those install scripts that the lock file holds', async () => {
  const lock = JSON.parse(await readFile(new URL('../../../package-lock.json', import.meta.url), 'utf8'));
  const scripted = Object.entries<{ hasInstallScript?: boolean; os?: string[] }>(lock.packages)
    .filter(([, { hasInstallScript, os }]) => hasInstallScript === true && (os === undefined || os.includes('linux')))
    .map(([path]) => path.replace(/^.*node_modules\//, ''));
  expect(Object.keys(packageJson.allowScripts).sort()).toEqual([...new Set(scripted)].sort());
});

test('nothing in the lock file or the npm settings names the place that packages came from', async () => {
  for (const file of ['.npmrc', 'package-lock.json']) {
    const text = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
    expect(text, file).not.toMatch(/"resolved"|registry\s*=|_auth/);
  }
});
