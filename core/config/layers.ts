// Reads a profile with the models that it extends, each laid over the one below it.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hint } from './hint.ts';
import { emptyMap, isMap, type Located, type LocatedMap, overlay, type Place, without } from './located.ts';
import { type Problem, problemAt } from './problems.ts';
import { readYaml } from './yaml-source.ts';

export interface Layers {
  readonly root: Located;
  /** The profile's own file first, then every model that was read or looked for. */
  readonly files: readonly string[];
  readonly texts: readonly string[];
  readonly problems: readonly Problem[];
}

export const profileName = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const deepest = 8;
const code = 'profile_invalid';

export function profileFile({ dir, name }: { readonly dir: string; readonly name: string }): string {
  return join(dir, `${name}.yaml`);
}

export async function readLayers({ dir, name }: { readonly dir: string; readonly name: string }): Promise<Layers> {
  const own = profileFile({ dir, name });
  const files = [own];
  const texts: string[] = [];
  const problems: Problem[] = [];
  const chain: string[] = [];

  async function read(file: string): Promise<Located> {
    const text = await readFile(file, 'utf8');
    texts.push(text);
    const parsed = readYaml({ file, text, code });
    problems.push(...parsed.problems);
    return extended(parsed.root);
  }

  async function extended(root: Located): Promise<Located> {
    const entry = isMap(root) ? root.entries.get('extends') : undefined;
    if (!isMap(root) || entry === undefined) return root;
    const upper: LocatedMap = without(root, 'extends');
    const { value } = entry;
    const refuse = (problem: string, place: Place = value.place) => {
      problems.push(problemAt({ place, path: ['extends'], code }, problem));
      return upper;
    };
    if (value.kind !== 'scalar' || typeof value.value !== 'string' || !profileName.test(value.value))
      return refuse('expected the name of a file in models/, without .yaml');
    const model = value.value;
    if (chain.includes(model)) return refuse(`goes round in a circle: ${[...chain, model].join(' -> ')}`);
    if (chain.length === deepest) return refuse(`more than ${deepest} models on top of each other`);
    chain.push(model);
    const file = join(dir, 'models', `${model}.yaml`);
    files.push(file);
    try {
      return overlay({ lower: await read(file), upper });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return refuse(`there is no ${file}${hint(model, await modelNames(dir))}`);
    }
  }

  try {
    return { root: await read(own), files, texts, problems };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    const unreadable = files.at(-1) ?? own;
    const place = { file: unreadable, line: 1 };
    problems.push(problemAt({ place, path: [], code }, `the file cannot be read (${reason})`));
    return { root: emptyMap(own), files, texts, problems };
  }
}

async function modelNames(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, 'models')).catch(() => []);
  return names.filter((name) => name.endsWith('.yaml')).map((name) => name.slice(0, -'.yaml'.length));
}
