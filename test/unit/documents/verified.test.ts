// What plugins say of how they are verified is so: the tests that they name exist and run those hooks.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { catalogue } from '#test/support/catalogue.ts';
import { quirksIn, verifiedPlugins } from '#test/support/verified-hooks.ts';

const plugins = await verifiedPlugins();
const textOf = (file: string) => readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
const named = plugins.flatMap(({ name, hooks, verified }) =>
  verified.peers.flatMap(({ tests }) => tests.map((one) => ({ plugin: name, known: hooks, ...one }))),
);

test.each(named)('$plugin: "$name" exists and runs what is said', async ({ plugin, known, file, name, hooks }) => {
  const text = await textOf(file);
  const support = [...text.matchAll(/from '#(test\/support\/[^']+)'/g)].map(([, path = '']) => textOf(path));
  expect([text, ...(await Promise.all(support))].join('\n')).toContain(`plugins/${plugin}/`);
  expect(file).toMatch(/^test\/peers\//);
  const from = text.indexOf(`test('${name}'`);
  expect(from, `${file} has no test of this name`).toBeGreaterThan(0);
  const next = text.slice(from + 1).search(/^ *test[.(]/m);
  const body = text.slice(from, next < 0 ? undefined : from + 1 + next);
  expect(hooks.filter((hook) => !known.has(hook) || !body.includes(`'${hook}'`))).toEqual([]);
});

test('a plugin has cases for its hooks and for no others', () => {
  const stray = plugins.flatMap(({ name, hooks, cases }) =>
    [...cases.keys()].filter((hook) => !hooks.has(hook)).map((hook) => `${name} ${hook}`),
  );
  expect(stray).toEqual([]);
  for (const { name, hooks } of plugins)
    expect(
      [...hooks].filter((hook) => !catalogue.has(hook)),
      name,
    ).toEqual([]);
});

test('quirks are counted by where they are from', () => {
  const readme = [
    '| option | from |',
    '|---|---|',
    '| one | RFC 5176 |',
    '| two | the same |',
    '| three | from memory |',
    '| four | the same |',
    '',
    '| five | from memory |',
  ];
  expect(quirksIn(readme.join('\n'))).toEqual({ sourced: 2, memory: 2 });
});
