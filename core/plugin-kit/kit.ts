// A plugin's folder made ready to be tried, in this process or in the real sandbox, against its own simulator.
//
//   const kit = await openPluginKit({ folder: 'plugins/acme', engine: 'in-process' });
//   for (const one of kit.cases) console.log(one.file, (await runCase(kit, one)).differences);
//   const box = await kit.openBox({ state: {}, options: {} });      // a box to try things on
//   console.log(await box.run('user_add', { user_id: '1' }), box.exchanges(), box.state());
//   await kit.close();                                              // closes its boxes too
import { basename, join, resolve } from 'node:path';
import { OssiaError } from '../errors.ts';
import type { PluginManifest } from '../plugin-host/plugin-manifest.ts';
import { openSandbox } from '../sandbox/open-sandbox.ts';
import { type BoxInput, type KitBox, openBox } from './box.ts';
import { type PluginCase, readCases } from './cases.ts';
import { importPlugin, importSimulator } from './import-plugin.ts';
import { inProcessSandbox } from './in-process.ts';
import { type KitParts, loadParts } from './parts.ts';

/** `in-process`: plain Node, for breakpoints; `sandbox`: as the daemon runs it. */
export type Engine = 'in-process' | 'sandbox';

export interface KitInput {
  /** The plugin's folder, ours or anybody's. */
  readonly folder: string;
  readonly engine: Engine;
  /** Several kits can share them. */
  readonly parts?: KitParts;
}

export interface PluginKit {
  readonly name: string;
  readonly folder: string;
  readonly engine: Engine;
  readonly manifest: PluginManifest;
  readonly parts: KitParts;
  readonly cases: readonly PluginCase[];
  /** What `plugin.ts` defines, as far as the catalogue knows it. */
  readonly hooks: readonly string[];
  openBox(input?: BoxInput): Promise<KitBox>;
  close(): Promise<void>;
}

/** Rejects with `plugin_invalid` for what is wrong with manifest, imports, simulator or cases. */
export async function openPluginKit(input: KitInput): Promise<PluginKit> {
  const folder = resolve(input.folder);
  const parts = input.parts ?? (await loadParts());
  const manifest = await parts.loader.readManifest(folder);
  // What may not be imported is refused in this process as well as in the sandbox.
  await parts.loader.bundlePlugin(folder);
  const cases = await readCases({ folder, hooks: parts.hooks });
  const startSimulator = await importSimulator(folder);
  const hooks = hooksOf(await importPlugin(folder), folder);
  const sandbox =
    input.engine === 'in-process'
      ? inProcessSandbox(() => importPlugin(folder))
      : await openSandbox({ workers: 1, log: () => undefined });
  const boxes = new Set<KitBox>();
  const opening = new Set<Promise<KitBox>>();
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    // A box that comes to be after that would never be closed.
    await Promise.allSettled(opening);
    await Promise.all([...boxes].map((box) => box.close()));
    await sandbox.close();
  }

  return {
    name: basename(folder),
    folder,
    engine: input.engine,
    manifest,
    parts,
    cases,
    hooks: hooks.filter((hook) => parts.hooks.has(hook)),
    async openBox(given = {}) {
      if (closing) throw new OssiaError('aborted', `The plugin ${basename(folder)} is not tried any more.`);
      const opened = openBox({ ...given, folder, parts, sandbox, startSimulator }).then((box): KitBox => {
        let closed: Promise<void> | undefined;
        const close = (): Promise<void> => {
          closed ??= box.close().finally(() => boxes.delete(tracked));
          return closed;
        };
        const tracked = { ...box, close };
        boxes.add(tracked);
        return tracked;
      });
      opening.add(opened);
      return opened.finally(() => opening.delete(opened));
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

function hooksOf(module: { readonly default?: unknown }, folder: string): readonly string[] {
  const { default: definition } = module;
  if (typeof definition === 'object' && definition !== null && 'hooks' in definition)
    return Object.keys(definition.hooks as object);
  throw new OssiaError(
    'plugin_invalid',
    `${join(basename(folder), 'plugin.ts')} has no default export made by definePlugin().`,
  );
}
