// All that can be said of a plugin's folder before its cases run: every part by itself, so that one mistake hides no other.
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type FieldProblem, OssiaError, toOssiaError } from '../errors.ts';
import { compileOptionsSchema } from '../plugin-host/options-schema.ts';
import { pluginHash } from '../plugin-host/plugin-shelf.ts';
import { createPluginTrier } from '../plugin-host/try-plugin.ts';
import { openSandbox } from '../sandbox/open-sandbox.ts';
import { readCases } from './cases.ts';
import { importPlugin, importSimulator } from './import-plugin.ts';
import { type KitParts, loadParts } from './parts.ts';
import { typeCheck } from './type-check.ts';
import { unusedGrants } from './unused-grants.ts';

export interface PartCheck {
  readonly part: 'manifest' | 'options' | 'types' | 'imports' | 'sandbox' | 'simulator' | 'cases' | 'README' | 'grants';
  readonly problems: readonly FieldProblem[];
  /** What is no mistake, or why this was not looked at. */
  readonly notes: readonly string[];
  readonly isSkipped: boolean;
}

interface CheckInput {
  readonly folder: string;
  /** Null: TypeScript is not installed. */
  readonly compiler: string | null;
  onPart?(check: PartCheck): void;
}

export interface PluginCheck {
  readonly ok: boolean;
  readonly parts: readonly PartCheck[];
}

export const noCompiler = 'TypeScript is not installed here (npm ci --omit=dev leaves it out); all else was looked at';

/** Rejects with `not_found` when there is no such folder. */
export async function checkPlugin({ folder: given, compiler, onPart }: CheckInput): Promise<PluginCheck> {
  const folder = resolve(given);
  if (!(await stat(folder).catch(() => null))?.isDirectory())
    throw new OssiaError('not_found', `There is no folder ${folder}.`);
  const parts = await loadParts();
  const looked: PartCheck[] = [];
  const isWell = (...names: readonly PartCheck['part'][]): boolean =>
    names.every((name) =>
      looked.some(({ part, problems, isSkipped }) => part === name && problems.length === 0 && !isSkipped),
    );
  const look = async (
    part: PartCheck['part'],
    work: () => Promise<Looked>,
    needs: readonly PartCheck['part'][] = [],
  ) => {
    const lacking = needs.filter((name) => !isWell(name));
    const found =
      lacking.length > 0
        ? { notes: [`needs ${lacking.join(' and ')} to be well`], isSkipped: true }
        : await work().catch((error) => ({ problems: problemsIn(error, folder) }));
    const check = { part, problems: [], notes: [], isSkipped: false, ...found };
    looked.push(check);
    onPart?.(check);
  };

  await look('manifest', () => done(parts.loader.readManifest(folder)));
  await look('options', async () => done(compileOptionsSchema(await parts.loader.readManifest(folder))), ['manifest']);
  await look('types', async () =>
    compiler === null ? { notes: [noCompiler], isSkipped: true } : { problems: await typeCheck({ folder, compiler }) },
  );
  await look('imports', () => done(parts.loader.bundlePlugin(folder)));
  await look('sandbox', () => loadIn(folder, parts), ['manifest', 'options', 'imports']);
  await look('simulator', () => done(importSimulator(folder)));
  await look('cases', async () => {
    const hooks = hooksOf(await importPlugin(folder));
    const tried = new Set((await readCases({ folder, hooks: parts.hooks })).map(({ hook }) => hook));
    const untried = hooks.filter((hook) => parts.hooks.has(hook) && !tried.has(hook));
    return { problems: untried.map((hook) => ({ where: `cases/${hook}/`, problem: `there is no case of ${hook}` })) };
  }, ['imports']);
  await look('README', async () => ({ problems: await unsaid(folder, hooksOf(await importPlugin(folder))) }), [
    'imports',
  ]);
  await look('grants', async () => {
    const unused = await unusedGrants(folder, parts);
    return {
      notes: unused.map(({ transport, pattern }) => `${transport} "${pattern}" is asked for, and no case needs it`),
    };
  }, ['manifest', 'options', 'sandbox', 'simulator', 'cases']);
  return { ok: looked.every(({ problems }) => problems.length === 0), parts: looked };
}

type Looked = Partial<Pick<PartCheck, 'problems' | 'notes' | 'isSkipped'>>;

async function done(work: unknown): Promise<Looked> {
  await work;
  return {};
}

/** As the daemon loads it: the real sandbox, and no hook that the catalogue has not. */
async function loadIn(folder: string, { loader, transports, hooks }: KitParts): Promise<Looked> {
  const manifest = await loader.readManifest(folder);
  const { source, sourceMap } = await loader.bundlePlugin(folder);
  const sandbox = await openSandbox({ workers: 1, log: () => undefined });
  try {
    const hash = pluginHash({ source, manifest });
    const plugin = { manifest, source, sourceMap, hash, checkOptions: compileOptionsSchema(manifest) };
    await createPluginTrier({ sandbox, transports, hooks }).load(plugin);
    return {};
  } finally {
    await sandbox.close();
  }
}

async function unsaid(folder: string, hooks: readonly string[]): Promise<FieldProblem[]> {
  const readme = await readFile(join(folder, 'README.md'), 'utf8').catch(() => null);
  if (readme === null)
    return [{ where: 'README.md', problem: 'there is none; it says what each hook does on the box' }];
  const words = new Set(readme.match(/\w+/g));
  const lacking = hooks.filter((hook) => !words.has(hook));
  return lacking.map((hook) => ({ where: 'README.md', problem: `does not say what ${hook} does` }));
}

function hooksOf({ default: definition }: { readonly default?: unknown }): readonly string[] {
  const { hooks } = (definition ?? {}) as { readonly hooks?: unknown };
  return typeof hooks === 'object' && hooks !== null ? Object.keys(hooks) : [];
}

function problemsIn(thrown: unknown, folder: string): readonly FieldProblem[] {
  const error = toOssiaError(thrown);
  return error.fields.length > 0 ? error.fields : [{ where: folder, problem: error.message }];
}
