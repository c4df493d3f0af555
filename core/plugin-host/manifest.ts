// Reads a plugin's `plugin.json`; every mistake with its file, line and key.
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { hint } from '../config/hint.ts';
import { OssiaError } from '../errors.ts';
import { apiVersion } from '../plugin-sdk/api-version.ts';
import { shownPath } from './plugin-folder.ts';
import type { PluginManifest } from './plugin-manifest.ts';

/** Rejects with `plugin_invalid`. */
export async function readManifest(folder: string): Promise<PluginManifest> {
  const home = resolve(folder);
  const file = join(home, 'plugin.json');
  const shown = shownPath(home, file);
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new OssiaError('plugin_invalid', `${shown}: cannot be read; every plugin has one.`, { cause });
  });
  const lines = new LineCounter();
  // YAML holds JSON, and its parser knows where everything stands.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const placeOf = (path: readonly PropertyKey[]): string => {
    const node = document.getIn(path.length > 0 ? path : [], true) as { range?: [number, number, number] } | undefined;
    const at = node?.range ? lines.linePos(node.range[0]).line : 1;
    return `${shown}:${at} ${path.join('.')}`.trimEnd();
  };
  const parsed = parseJson(text);
  if (!parsed.ok) {
    const [error] = document.errors;
    const line = error?.linePos?.[0].line ?? 1;
    const fields = [{ where: `${shown}:${line}`, problem: `not JSON: ${parsed.reason}` }];
    throw new OssiaError('plugin_invalid', `${shown}:${line}: not JSON: ${parsed.reason}`, { fields });
  }
  const result = manifestSchema(basename(home)).safeParse(parsed.value);
  if (result.success) return result.data;
  const fields = result.error.issues.flatMap((issue) =>
    wordsFor(issue, parsed.value).map(({ key = [], problem }) => ({
      where: placeOf([...issue.path, ...key]),
      problem,
    })),
  );
  const summary = fields.map(({ where, problem }) => `${where}: ${problem}`).join('; ');
  throw new OssiaError('plugin_invalid', summary, { fields });
}

/** One that was read before, and kept. Throws when this daemon would not read it so any more. */
export function parseManifest(value: unknown): PluginManifest {
  const { name } = z.object({ name: z.string() }).parse(value);
  return manifestSchema(name).parse(value);
}

function manifestSchema(folder: string) {
  return z.strictObject({
    name: z.literal(folder, { error: `expected the folder's name, "${folder}"` }),
    version: z.string().regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'expected a version like 1.0.0'),
    api: z.string().refine(acceptsThisApi, {
      error: `this daemon offers version ${apiVersion} of the plugin API, expected "^${apiVersion}"`,
    }),
    summary: z.string().min(1, 'expected one sentence on what it is for').max(500),
    transports: z.record(
      z.string().regex(/^[a-z][a-z0-9_-]*$/, "expected a transport's name"),
      z.array(z.string().min(1, 'expected a pattern').max(500)).max(200),
    ),
    options: z.record(z.string(), z.unknown()).default({}),
  });
}

/** `^1`, `1`, `>=1`, and several of them with `||` between. */
function acceptsThisApi(range: string): boolean {
  return range.split('||').some((part) => {
    const [, sign = '', number] = /^\s*(\^|>=|=)?\s*(\d+)(?:\.\d+){0,2}\s*$/.exec(part) ?? [];
    if (number === undefined) return false;
    return sign === '>=' ? apiVersion >= Number(number) : apiVersion === Number(number);
  });
}

function parseJson(text: string): { ok: true; value: unknown } | { ok: false; reason: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

const shapes: Readonly<Record<string, string>> = {
  string: 'a text',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const keys = ['name', 'version', 'api', 'summary', 'transports', 'options'];

/** Messages of our own stay; the schema library's are said in our words. */
function wordsFor(issue: z.core.$ZodIssue, value: unknown): { key?: readonly string[]; problem: string }[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ key: [key], problem: `is not a known key${hint(key, keys)}` }));
  const [key] = issue.path;
  const isMissing = typeof value === 'object' && value !== null && key !== undefined && !Object.hasOwn(value, key);
  if (isMissing) return [{ problem: 'is missing' }];
  const expected = issue.code === 'invalid_type' ? `expected ${shapes[issue.expected] ?? issue.expected}` : undefined;
  return [{ problem: issue.message.startsWith('Invalid input') ? (expected ?? issue.message) : issue.message }];
}
