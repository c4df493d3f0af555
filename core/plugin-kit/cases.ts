// Cases as data, from `cases/<hook>/<name>.json` of a plugin's folder; a wrong one is named with file, line and key.
import { glob, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { check } from '../config/check.ts';
import { hint } from '../config/hint.ts';
import { readYaml } from '../config/yaml-source.ts';
import { codes, type FieldProblem, OssiaError } from '../errors.ts';
import { shownPath } from '../plugin-host/plugin-folder.ts';

export interface PluginCase {
  readonly hook: string;
  readonly name: string;
  /** From the folder of all plugins on, for messages. */
  readonly file: string;
  /** What the box holds before, as the plugin's simulator takes it. */
  readonly state: unknown;
  readonly account: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, unknown>>;
  readonly attempt: number;
  /** `done`, `gone`, `retry`, `refused`, `unsupported`, or the code of the error that it ends with. */
  readonly outcome: string;
  /** What the box was told, in its own language; without what it was only asked where its simulator says so. */
  readonly sent: readonly string[];
  readonly state_after: unknown;
  /** What a read hook answers; not compared when it is left out. */
  readonly returns?: unknown;
}

const outcomes = ['done', 'gone', 'retry', 'refused', 'unsupported'];

const outcome = z
  .string({ error: 'expected a text' })
  .refine((text) => outcomes.includes(text) || Object.hasOwn(codes, text), {
    error: `expected one of ${outcomes.join(', ')}, or the code of an error`,
  });

const schema = z.strictObject({
  state: z.json().default({}),
  account: z.record(z.string(), z.string({ error: 'expected a text, as the billing sends it' })),
  options: z.record(z.string(), z.json()).default({}),
  attempt: z.int().min(1).default(1),
  outcome,
  sent: z.array(z.string()),
  state_after: z.json(),
  returns: z.json().optional(),
});

interface ReadInput {
  readonly folder: string;
  /** The catalogue. */
  readonly hooks: ReadonlyMap<string, unknown>;
}

/** In the order of their names. Rejects with `plugin_invalid` that names everything wrong in all of them. */
export async function readCases({ folder, hooks }: ReadInput): Promise<readonly PluginCase[]> {
  const home = resolve(folder);
  const files = await Array.fromAsync(glob('*/*.json', { cwd: join(home, 'cases') }));
  const problems: FieldProblem[] = [];
  const cases: PluginCase[] = [];
  for (const file of files.sort()) {
    const path = join(home, 'cases', file);
    const shown = shownPath(home, path);
    const [hook = '', name = ''] = file.replace(/\.json$/, '').split('/');
    if (!hooks.has(hook))
      problems.push({ where: shown, problem: `"${hook}" is not a hook of the catalogue${hint(hook, hooks.keys())}` });
    const read = readCase(shown, await readFile(path, 'utf8'));
    if (read.ok) cases.push({ hook, name, file: shown, ...read.value });
    else problems.push(...read.problems);
  }
  if (problems.length === 0) return cases;
  const text = problems.map(({ where, problem }) => `${where}: ${problem}`).join('\n');
  throw new OssiaError('plugin_invalid', text, { fields: problems });
}

type Read =
  | { readonly ok: true; readonly value: Omit<PluginCase, 'hook' | 'name' | 'file'> }
  | { readonly ok: false; readonly problems: readonly FieldProblem[] };

function readCase(file: string, text: string): Read {
  // YAML holds JSON, and its reader knows where everything stands; what only YAML takes is refused below.
  const { root, problems } = readYaml({ file, text, code: 'config_invalid' });
  let plain: unknown;
  try {
    plain = JSON.parse(text);
  } catch (error) {
    const first = { where: file, problem: `is not JSON: ${error instanceof Error ? error.message : String(error)}` };
    return { ok: false, problems: problems.length > 0 ? problems : [first] };
  }
  if (problems.length > 0) return { ok: false, problems };
  const checked = check({ schema, root, code: 'config_invalid', isSecret: () => false, plain });
  if (!checked.ok) return checked;
  const { returns, ...rest } = checked.value;
  return { ok: true, value: { ...rest, ...(returns === undefined ? {} : { returns }) } };
}
