// Which case of a plugin is meant, for who wants its box and its account rather than to see it pass.
import { OssiaError } from '../errors.ts';
import { nearest } from '../model/did-you-mean.ts';
import type { PluginCase } from './cases.ts';
import type { PluginKit } from './kit.ts';

interface Wanted {
  readonly hook: string;
  /** As in `cases/HOOK/NAME.json`; left out: the hook's first that is done, else its first. */
  readonly name: string | undefined;
}

/** Undefined when none is named, and the hook has none. Rejects what the catalogue or the plugin has not. */
export function caseOf({ cases, parts }: PluginKit, { hook, name }: Wanted): PluginCase | undefined {
  if (!parts.hooks.has(hook)) throw unknownHook(parts.hooks, hook);
  const own = cases.filter((one) => one.hook === hook);
  if (name === undefined) return own.find(({ outcome }) => outcome === 'done') ?? own[0];
  const wanted = name.replace(/\.json$/, '').replace(`${hook}/`, '');
  const found = own.find((one) => one.name === wanted);
  const names = own.map((one) => one.name);
  if (found === undefined)
    throw nothing(`There is no cases/${hook}/${wanted}.json`, nearest(wanted, names) ?? names[0]);
  return found;
}

export function unknownHook(hooks: ReadonlyMap<string, unknown>, hook: string): OssiaError {
  return nothing(`There is no hook ${hook}`, nearest(hook, hooks.keys()));
}

function nothing(text: string, near: string | undefined): OssiaError {
  return new OssiaError('input_invalid', `${text}${near === undefined ? '.' : `; did you mean ${near}?`}`);
}
