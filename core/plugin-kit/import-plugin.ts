// Imports the files of a plugin's folder into this Node, wherever the folder lies: there `#plugin-sdk` means the same as in ours.
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OssiaError } from '../errors.ts';
import { shownPath } from '../plugin-host/plugin-folder.ts';
import type { StartSimulator } from '../plugin-sdk/simulator.ts';

const home = new URL('../../', import.meta.url);
const strangers = new Set<string>();

export async function importPlugin(folder: string): Promise<{ readonly default?: unknown }> {
  return (await importFile(folder, 'plugin.ts')) as { readonly default?: unknown };
}

/** Rejects with `plugin_invalid` when there is none, or it does not start one. */
export async function importSimulator(folder: string): Promise<StartSimulator> {
  const { startSimulator } = (await importFile(folder, 'simulator.ts')) as { readonly startSimulator?: unknown };
  if (typeof startSimulator === 'function') return startSimulator as StartSimulator;
  throw new OssiaError('plugin_invalid', `${shown(folder, 'simulator.ts')}: exports no function startSimulator.`);
}

async function importFile(folder: string, name: string): Promise<unknown> {
  const url = pathToFileURL(join(resolve(folder), name)).href;
  if (!url.startsWith(home.href)) resolveOurNames(new URL('.', url).href);
  try {
    return await import(url);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new OssiaError('plugin_invalid', `${shown(folder, name)}: cannot be imported: ${why}`, { cause });
  }
}

/** A folder outside of ours has no package that says what `#plugin-sdk`, `#hooks/` and, for simulators, `#core/` are. */
function resolveOurNames(folder: string): void {
  if (strangers.size === 0)
    registerHooks({
      resolve(specifier, context, next) {
        const isStranger = [...strangers].some((one) => context.parentURL?.startsWith(one));
        return next(isStranger ? ourName(specifier) : specifier, context);
      },
    });
  strangers.add(folder);
}

function ourName(specifier: string): string {
  if (specifier === '#plugin-sdk') return new URL('core/plugin-sdk/index.ts', home).href;
  return /^#(core|hooks)\//.test(specifier) ? new URL(specifier.slice(1), home).href : specifier;
}

function shown(folder: string, name: string): string {
  return shownPath(resolve(folder), join(resolve(folder), name));
}
