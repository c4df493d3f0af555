// The house rules that a machine can check: who may import whom, how long a file may be, and that it says what it is for.
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const sources = (await Array.fromAsync(glob('{core,hooks,plugins,test}/**/*.ts', { cwd: root }))).sort();
const textOf = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Rooms of core/ and the rooms that each may look into besides itself; `errors` and `model` are open to all. */
const doors: Readonly<Record<string, readonly string[]>> = {
  model: [],
  'plugin-sdk': [],
  migration: [],
  map: ['queue', 'store'],
  journal: ['store'],
  store: [],
  config: ['sandbox', 'transport', 'log'],
  queue: ['store'],
  ingest: ['map', 'queue', 'transport'],
  sessions: ['ingest', 'store'],
  dispatch: ['queue', 'journal', 'plugin-host', 'config', 'store'],
  accounts: ['map', 'queue', 'store', 'plugin-host', 'plugin-sdk', 'config'],
  'plugin-host': ['config', 'sandbox', 'transport', 'plugin-sdk'],
  'plugin-kit': ['config', 'map', 'plugin-host', 'plugin-sdk', 'sandbox', 'simulator', 'transport'],
  sandbox: ['plugin-sdk'],
  transport: ['plugin-sdk'],
  simulator: ['transport'],
  api: [
    'accounts',
    'dispatch',
    'ingest',
    'map',
    'queue',
    'store',
    'plugin-host',
    'config',
    'sandbox',
    'sessions',
    'log',
  ],
  interstellio: ['api', 'sessions', 'store'],
  cgrates: ['api', 'ingest', 'sessions', 'store'],
  cli: [
    'config',
    'migration',
    'plugin-host',
    'plugin-kit',
    'map',
    'daemon',
    'api',
    'log',
    'transport',
    'sandbox',
    'version',
  ],
  log: ['log-lines'],
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const found = textOf(file).matchAll(
    /^(?:import|export)\s+(type\s)?[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/gm,
  );
  return [...found].map((match) => {
    const name = match[2] ?? match[3] ?? match[4] ?? '';
    const target = name.startsWith('.')
      ? normalize(join(dirname(file), name))
      : name.replace(/^#plugin-sdk$/, 'core/plugin-sdk/index.ts').replace(/^#/, '');
    return { file, target, typeOnly: match[1] !== undefined };
  });
}

const roomOf = (path: string): string =>
  path.split('/').length === 2 ? path.slice(5, -3) : (path.split('/')[1] ?? '');

test('core imports go one way', () => {
  const wrong = sources
    .filter((file) => file.startsWith('core/'))
    .flatMap(importsOf)
    .filter(({ file, target }) => {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (!target.startsWith('core/'))
        return target.startsWith('plugins/') || target.startsWith('test/') || target.startsWith('hooks/');
      if (from === to || to === 'errors' || to === 'model' || /^(daemon|main$)/.test(from))
        return from === 'model' && to !== 'model' && to !== 'errors';
      return !(doors[from] ?? []).includes(to);
    });
  expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
});

test('plugins import the SDK, hooks and their own folder; simulators also codecs, libraries and Node', () => {
  const wrong = sources
    .filter((file) => file.startsWith('plugins/'))
    .flatMap(importsOf)
    .filter(({ file, target }) => {
      const own = target.startsWith(`${file.split('/').slice(0, 2).join('/')}/`);
      const simulator = file.includes('/simulator');
      if (own || target === 'core/plugin-sdk/index.ts' || target.startsWith('hooks/')) return false;
      return !(
        simulator &&
        (!target.startsWith('core/') || /^core\/(simulator|transport|plugin-sdk|model|errors)/.test(target))
      );
    });
  expect(wrong.map(({ file, target }) => `${file} -> ${target}`)).toEqual([]);
});

test('hooks know the model only', () => {
  const wrong = sources
    .filter((file) => file.startsWith('hooks/'))
    .flatMap(importsOf)
    .filter(({ target }) => !/^(core\/model\/|hooks\/|zod$)/.test(target));
  expect(wrong).toEqual([]);
});

test('no file is over 400 lines, and half of those in core are under 120', () => {
  const lengths = sources.map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }));
  expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
  const core = lengths
    .filter(({ file }) => file.startsWith('core/'))
    .map(({ lines }) => lines)
    .sort((a, b) => a - b);
  expect(core[Math.floor(core.length / 2)]).toBeLessThan(120);
});

test('every file begins with what it is for', () => {
  const silent = sources.filter((file) => !/^(#!.*\n)?\/\/ \S.{15,}/.test(textOf(file)));
  expect(silent).toEqual([]);
});

test('no file is named after nothing', () => {
  expect(sources.filter((file) => /(^|\/)(utils?|helpers?|manager|types|common|misc)\.ts$/.test(file))).toEqual([]);
});

test('no test is skipped or left for later', () => {
  const left = sources.filter((file) => file.startsWith('test/') && file !== 'test/architecture/layout.test.ts');
  expect(left.filter((file) => /\b(test|it|describe)\.(skip|only|todo|skipIf|runIf)\b/.test(textOf(file)))).toEqual([]);
});
