// The hook catalogue: every hook file found under hooks/, by name. Adding a hook is adding a file.
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { OssiaError } from '../errors.ts';
import type { HookDefinition } from '../model/hook.ts';

export type Catalogue = ReadonlyMap<string, HookDefinition>;

export async function loadCatalogue(directory: string): Promise<Catalogue> {
  const hooks = new Map<string, HookDefinition>();
  const files = await Array.fromAsync(glob('*/*.ts', { cwd: directory }));
  for (const file of files.sort()) {
    const module: Record<string, unknown> = await import(pathToFileURL(join(directory, file)).href);
    const found = Object.values(module).filter(isHook);
    const hook = found[0];
    if (hook === undefined || found.length > 1)
      throw new OssiaError(
        'config_invalid',
        `${join(directory, file)}: a hook file exports one hook, this one ${found.length}.`,
      );
    if (hooks.has(hook.name))
      throw new OssiaError('config_invalid', `${join(directory, file)}: there is a hook ${hook.name} already.`);
    hooks.set(hook.name, hook);
  }
  return hooks;
}

function isHook(value: unknown): value is HookDefinition {
  return typeof value === 'object' && value !== null && 'settles' in value && 'payload' in value && 'name' in value;
}

export interface HookDescription {
  readonly name: string;
  readonly summary: string;
  readonly kind: string;
  readonly settles: string;
  /** JSON Schema (2020-12) of the event's `account`. */
  readonly payload: unknown;
}

/** The catalogue as data, for the API, the documents and other languages. */
export function describeCatalogue(catalogue: Catalogue): HookDescription[] {
  return [...catalogue.values()].map((hook) => ({
    name: hook.name,
    summary: hook.summary,
    kind: hook.kind,
    settles: settlesText(hook),
    payload: z.toJSONSchema(hook.payload, { io: 'input' }),
  }));
}

function settlesText({ settles, barrier, kind }: HookDefinition): string {
  if (kind === 'read') return 'nothing; read-only, does not queue';
  if (kind === 'around') return 'nothing; runs around every hook of the plugin';
  if (settles === null) return 'nothing';
  const carried = 'carries' in settles ? settles.carries.map((name) => `, ${name}`).join('') : '';
  return `${settles.flag}: ${settles.value}${carried}${barrier ? ' (barrier)' : ''}`;
}
