// References to secrets, `${env:NAME}` and `${file:/path}`: found in located values and replaced by what they point at, late.
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Located, LocatedEntry, LocatedScalar, Path } from './located.ts';
import { type Problem, problemAt } from './problems.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolveInput {
  readonly root: Located;
  readonly env: Environment;
  readonly code: 'config_invalid' | 'profile_invalid';
  /** A value at such a path must be a reference as a whole, or a literal, which is warned of. */
  isSecret(path: Path): boolean;
  /** Values at or below such a path reach a plugin: no references there. */
  isForPlugin?(path: Path): boolean;
}

export interface Resolved {
  readonly root: Located;
  /** All that must never be shown. */
  readonly secrets: readonly string[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly string[];
  /** The files that were read or looked for. */
  readonly files: readonly string[];
}

const reference = /\$\{(env|file):([^{}]*)\}/g;
const mostBytes = 65_536;
const notAReference = `expected a reference like \${env:NAME} or \${file:/path}`;
const notForPlugins = `options go to the plugin, which is never given a secret: no \${env:} or \${file:} here`;

export async function resolveSecrets({ root, env, code, isSecret, isForPlugin }: ResolveInput): Promise<Resolved> {
  const secrets = new Set<string>();
  const problems: Problem[] = [];
  const warnings: string[] = [];
  const files = new Set<string>();

  async function visit(node: Located, path: Path): Promise<Located> {
    if (node.kind === 'list')
      return { ...node, items: await Promise.all(node.items.map((item, index) => visit(item, [...path, index]))) };
    if (node.kind === 'scalar') return visitScalar(node, path);
    const entries = await Promise.all(
      [...node.entries].map(
        async ([key, entry]): Promise<[string, LocatedEntry]> => [
          key,
          { key: entry.key, value: await visit(entry.value, [...path, key]) },
        ],
      ),
    );
    return { ...node, entries: new Map(entries) };
  }

  async function visitScalar(node: LocatedScalar, path: Path): Promise<Located> {
    const say = (problem: string, as: Problem['code'] = code) =>
      problems.push(problemAt({ place: node.place, path, code: as as typeof code | 'secret_missing' }, problem));
    const secret = isSecret(path);
    if (typeof node.value !== 'string' || !node.value.includes('${')) {
      if (secret && node.value !== null) {
        secrets.add(String(node.value));
        const { where } = problemAt({ place: node.place, path, code }, '');
        warnings.push(`${where}: the secret itself stands in the file; write \${env:NAME} or \${file:/path} instead`);
      }
      return node;
    }
    const written = node.value;
    const found = [...written.matchAll(reference)];
    if (isForPlugin?.(path)) {
      if (found.length > 0) say(notForPlugins);
      return node;
    }
    if (found.length === 0) {
      say(notAReference);
      return node;
    }
    if (secret && found[0]?.[0] !== written) {
      say('a secret must be one reference and nothing else');
      return { ...node, secret: true };
    }
    let value = '';
    let end = 0;
    for (const match of found) {
      const read = await readReference({ kind: match[1] ?? '', name: match[2] ?? '', env, file: node.place.file });
      if (read.file) files.add(read.file);
      if (read.warning) warnings.push(`${node.place.file}:${node.place.line}: ${read.warning}`);
      if (read.missing) say(read.missing, 'secret_missing');
      else secrets.add(read.value);
      value += written.slice(end, match.index) + read.value;
      end = match.index + match[0].length;
    }
    return { ...node, value: value + written.slice(end), raw: '', secret: true };
  }

  const resolved = await visit(root, []);
  return { root: resolved, secrets: [...secrets], problems, warnings, files: [...files] };
}

interface ReadReference {
  readonly value: string;
  readonly missing?: string;
  readonly warning?: string;
  readonly file?: string;
}

interface Reference {
  readonly kind: string;
  readonly name: string;
  readonly env: Environment;
  /** Where it stands: relative paths begin there. */
  readonly file: string;
}

async function readReference({ kind, name, env, file }: Reference): Promise<ReadReference> {
  if (kind === 'env') {
    const value = env[name];
    if (value) return { value };
    const why = value === undefined ? 'is not set' : 'is set but empty';
    return { value: '', missing: `\${env:${name}}: the environment variable ${why}; set it before the daemon starts` };
  }
  const path = resolve(dirname(file), name);
  const meant = path === name ? '' : ` (${path})`;
  const missing = (why: string) => ({ value: '', file: path, missing: `\${file:${name}}: ${why}${meant}` });
  try {
    const { mode, size } = await stat(path);
    if (size > mostBytes) return missing(`the file is larger than ${mostBytes} bytes; it should hold the secret alone`);
    const value = (await readFile(path, 'utf8')).replace(/[\r\n]+$/, '');
    if (value === '') return missing('the file is empty; write the secret into it');
    if ((mode & 0o004) === 0) return { value, file: path };
    return { value, file: path, warning: `everybody on this machine can read ${name}; run chmod o= on it` };
  } catch (error) {
    return missing(reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? 'the file cannot be read');
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; create it',
  EACCES: 'the daemon may not read this file; give its user the right to',
  EISDIR: 'this is a folder, not a file',
};
