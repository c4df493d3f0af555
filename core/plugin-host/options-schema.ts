// Checks a profile's options against the JSON Schema of its plugin; every misfit with its place in the profile.
import { isIPv4, isIPv6 } from 'node:net';
import { createContext, Script } from 'node:vm';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { hint } from '../config/hint.ts';
import type { PluginPart } from '../config/load-profile.ts';
import { type LocatedMap, nodeAt, type Path, toPlain } from '../config/located.ts';
import { type Problem, problemAt } from '../config/problems.ts';
import { OssiaError } from '../errors.ts';
import type { PluginManifest } from './plugin-manifest.ts';

/** The options with the schema's defaults, or what is wrong with them. */
export type OptionsAnswer =
  | { readonly ok: true; readonly options: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

export type OptionsCheck = (part: Pick<PluginPart, 'options' | 'place'> & Partial<PluginPart>) => OptionsAnswer;

/** On the wall: a busy machine may give a good pattern nothing for a while. */
const regexMs = 500;

/** Throws `plugin_invalid` when the schema itself is wrong. */
export function compileOptionsSchema(manifest: PluginManifest): OptionsCheck {
  let validate: ValidateFunction;
  try {
    validate = engine().compile(manifest.options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new OssiaError(
      'plugin_invalid',
      `plugin.json of ${manifest.name}: options is not a usable JSON Schema: ${why}`,
      {
        fields: [{ where: 'plugin.json options', problem: why }],
      },
    );
  }
  return ({ options, place, at = [] }) => {
    const value = toPlain(options) as Record<string, unknown>;
    const problem = (inOptions: Path, text: string) => {
      const path = [...at, 'options', ...inOptions];
      return problemAt({ place: place(path), path, code: 'profile_invalid' }, text);
    };
    try {
      if (validate(value)) return { ok: true, options: value };
    } catch {
      return { ok: false, problems: [problem([], "a pattern of the plugin's schema takes too long on this value")] };
    }
    const errors = (validate.errors ?? []).filter(({ keyword }) => !containers.has(keyword));
    const problems = errors.map((error) => {
      const path = pathOf(error, options);
      return problem(path, textOf(error, nodeAt(options, path) !== undefined));
    });
    return {
      ok: false,
      problems: problems.length > 0 ? problems : [problem([], 'does not fit the schema of the plugin')],
    };
  };
}

function engine(): Ajv2020 {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    verbose: true,
    // A mistyped keyword or format would check nothing and say nothing.
    strictSchema: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
    messages: true,
    logger: false,
    code: { regExp: Object.assign(boundedRegExp, { code: 'boundedRegExp' }) },
  });
  ajv.addFormat('ipv4', isIPv4);
  ajv.addFormat('ipv6', isIPv6);
  ajv.addFormat('uri', (text: string) => URL.canParse(text));
  ajv.addFormat(
    'hostname',
    /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i,
  );
  return ajv;
}

// A plugin's pattern runs in the daemon, and its own default can be the text that makes it run for ever; V8 stops a
// regular expression only for a script with a time limit.
const arena = createContext({ pattern: '', flags: '', text: '' });
const trial = new Script('new RegExp(pattern, flags).test(text)');

function boundedRegExp(pattern: string, flags: string): { test(text: string): boolean; toString(): string } {
  new RegExp(pattern, flags);
  return {
    // Ajv keeps one of those that read the same.
    toString: () => `/${pattern}/${flags}`,
    test(text) {
      Object.assign(arena, { pattern, flags, text });
      return Boolean(trial.runInContext(arena, { timeout: regexMs }));
    },
  };
}

/** Say only that something below failed, which is said on its own. */
const containers = new Set(['if', 'not', 'allOf', 'propertyNames']);

function pathOf({ instancePath, keyword, params }: ErrorObject, options: LocatedMap): Path {
  const path: (string | number)[] = [];
  for (const step of instancePath.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(nodeAt(options, path)?.kind === 'list' ? Number(key) : key);
  }
  if (keyword === 'required' || keyword === 'dependentRequired') path.push(String(params['missingProperty']));
  if (keyword === 'additionalProperties') path.push(String(params['additionalProperty']));
  if (keyword === 'unevaluatedProperties') path.push(String(params['unevaluatedProperty']));
  return path;
}

function textOf(error: ErrorObject, isThere: boolean): string {
  const { keyword, params, parentSchema, data } = error;
  if (keyword === 'required' || keyword === 'dependentRequired') return 'is missing';
  if (keyword === 'additionalProperties' || keyword === 'unevaluatedProperties') {
    const known = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {});
    const key = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
    return `is not an option of this plugin${hint(key, known)}`;
  }
  const allowed = keyword === 'enum' ? (params['allowedValues'] as unknown[]) : [];
  const expected =
    keyword === 'enum'
      ? `expected ${allowed.map((value) => JSON.stringify(value)).join(' or ')}`
      : (counted(error) ?? error.message ?? 'does not fit')
          .replace(/^must be /, 'expected ')
          .replace(/^must /, 'expected to ');
  return isThere ? `${expected}, got ${shown(data)}` : expected;
}

const counts: Readonly<Record<string, readonly [string, string]>> = {
  minProperties: ['at least', 'key'],
  maxProperties: ['at most', 'key'],
  minItems: ['at least', 'entry'],
  maxItems: ['at most', 'entry'],
  minLength: ['at least', 'character'],
  maxLength: ['at most', 'character'],
};

function counted({ keyword, params }: ErrorObject): string | undefined {
  const [bound, unit] = counts[keyword] ?? [];
  if (bound === undefined || unit === undefined) return undefined;
  const limit = Number(params['limit']);
  return `expected ${bound} ${limit} ${limit === 1 ? unit : `${unit}s`.replace('entrys', 'entries')}`;
}

function shown(data: unknown): string {
  if (Array.isArray(data)) return data.length === 0 ? 'an empty list' : 'a list';
  if (typeof data === 'object' && data !== null) return Object.keys(data).length === 0 ? 'nothing' : 'keys and values';
  const text = JSON.stringify(data) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
