// What a plugin may import: files of its own folder, the SDK, and hooks by name; anything else is refused where it stands.
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import { isInside } from './plugin-folder.ts';

const sdk = fileURLToPath(new URL('../plugin-sdk', import.meta.url));
const hooks = fileURLToPath(new URL('../../hooks', import.meta.url));

export function createImportRules(home: string): Plugin {
  return {
    name: 'ossia-import-rules',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(home, args));
      build.onLoad({ filter: /.*/, namespace: 'hook' }, async ({ path }) => ({
        contents: await hookNames(path),
        loader: 'js',
      }));
    },
  };
}

async function resolveImport(home: string, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path } = args;
  if (args.kind === 'entry-point') {
    return (await isFile(path)) ? { path } : refused('the folder has no plugin.ts');
  }
  if (path === '#plugin-sdk') return { path: join(sdk, 'index.ts'), sideEffects: false };
  if (path.startsWith('#hooks/')) return resolveHook(path);
  if (isAbsolute(path)) return refused(`"${path}" lies outside of the plugin's folder`);
  if (!path.startsWith('.')) return refused(reasonAgainst(path));
  const file = resolve(args.resolveDir, path);
  const root = isInside(sdk, args.importer) ? sdk : home;
  if (!isInside(root, file)) return refused(`"${path}" lies outside of the plugin's folder`);
  if (!['.ts', '.js', '.json'].includes(extname(file)))
    return refused(`write "${path}" with its ending, like "./rates.ts"`);
  if (isSimulator(home, file)) return refused('the simulator is not part of the plugin: it runs beside it, in tests');
  if (!(await isFile(file))) return refused(`there is no file "${path}"`);
  // A link in the folder may lead out of it.
  const real = await realpath(file);
  return isInside(root, real) ? { path: real } : refused(`"${path}" is a link out of the plugin's folder`);
}

async function resolveHook(path: string): Promise<OnResolveResult> {
  const file = resolve(hooks, path.slice('#hooks/'.length));
  if (!isInside(hooks, file) || !(await isFile(file))) return refused(`there is no hook file "${path}"`);
  return { path: file, namespace: 'hook', sideEffects: false };
}

/** Of a hook's definition the guest needs its name; the schema with its library stays with the host. */
async function hookNames(file: string): Promise<string> {
  const exports: Record<string, unknown> = await import(pathToFileURL(file).href);
  const lines = Object.entries(exports).flatMap(([key, value]) =>
    isNamed(value) ? [`export const ${key} = { name: ${JSON.stringify(value.name)} };`] : [],
  );
  return lines.join('\n');
}

function isNamed(value: unknown): value is { name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isSimulator(home: string, file: string): boolean {
  const [first = ''] = file.slice(home.length + 1).split('/');
  return dirname(join(home, first)) === home && basename(first, '.ts') === 'simulator';
}

function reasonAgainst(path: string): string {
  const allowed = "a plugin imports its own files, '#plugin-sdk' and '#hooks/...'";
  if (path.startsWith('node:')) return `"${path}" is not there in the sandbox: ${allowed}`;
  if (path.startsWith('#')) return `"${path}" is the daemon's own: ${allowed}`;
  return `"${path}" is a package, and packages are not there in the sandbox: ${allowed}`;
}

function refused(text: string): OnResolveResult {
  return { errors: [{ text }] };
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}
