// Makes one script of a plugin's folder: its own files and the SDK, nothing else.
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Message } from 'esbuild';
import { OssiaError } from '../errors.ts';
import { createImportRules } from './import-rules.ts';
import { shownPath } from './plugin-folder.ts';

export interface PluginBundle {
  /** Assigns the plugin's module to the global `ossiaPlugin`. */
  readonly source: string;
  /** JSON; its sources are named like `plugins/acme/plugin.ts`. */
  readonly sourceMap: string;
  /** Of the source: the same files give the same hash, wherever they lie. */
  readonly hash: string;
}

/** Rejects with `plugin_invalid`; every mistake has the author's `file:line:column`. */
export async function bundlePlugin(folder: string): Promise<PluginBundle> {
  const home = await realpath(folder).catch((cause) => {
    throw new OssiaError('plugin_invalid', `${folder}: there is no such plugin folder.`, { cause });
  });
  const built = await build({
    absWorkingDir: home,
    entryPoints: [join(home, 'plugin.ts')],
    outfile: join(home, 'plugin.js'),
    bundle: true,
    write: false,
    metafile: false,
    format: 'iife',
    globalName: 'ossiaPlugin',
    target: 'es2023',
    platform: 'neutral',
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    // What the author's editor or another project's settings say must not change what runs.
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
    plugins: [createImportRules(home)],
  }).catch((cause) => {
    throw compileError(home, cause);
  });
  const text = (ending: string): string => built.outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  const source = withoutModuleMarks(text('.js'));
  return {
    source,
    sourceMap: authorsMap(home, text('.map')),
    hash: createHash('sha256').update(source).digest('hex'),
  };
}

function authorsMap(home: string, json: string): string {
  const { sources, mappings } = JSON.parse(json) as { sources: string[]; mappings: string };
  const named = sources.map((source) => nameOf(home, source));
  return JSON.stringify({ version: 3, sources: named, mappings });
}

function nameOf(home: string, source: string): string {
  const [, sdkFile] = /(?:^|\/)core\/plugin-sdk\/(.+)$/.exec(source) ?? [];
  return sdkFile ? `#plugin-sdk/${sdkFile}` : shownPath(home, resolve(home, source));
}

/** Comments that name each file depend on where the folder lies; blanked rather than cut, so that the lines stay. */
function withoutModuleMarks(source: string): string {
  return source.replace(/^ *\/\/ (?:\.\.\/|[\w-]+:).*$/gm, '');
}

function compileError(home: string, cause: unknown): OssiaError {
  const messages = isBuildFailure(cause) ? cause.errors : [];
  const fields = messages.map((message) => ({ where: placeOf(home, message), problem: message.text }));
  const [first] = fields;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  const text = first ? `${first.where}: ${first.problem}${more}` : `${shownPath(home, home)}: ${String(cause)}`;
  return new OssiaError('plugin_invalid', text, { fields, cause });
}

function placeOf(home: string, { location }: Message): string {
  if (!location) return shownPath(home, join(home, 'plugin.ts'));
  // esbuild counts bytes, editors count characters.
  const column = Buffer.from(location.lineText).subarray(0, location.column).toString().length + 1;
  return `${shownPath(home, resolve(home, location.file))}:${location.line}:${column}`;
}

function isBuildFailure(value: unknown): value is { errors: Message[] } {
  return typeof value === 'object' && value !== null && 'errors' in value && Array.isArray(value.errors);
}
