// Which hook of the catalogue brings something about: found by what it settles, never by its name.
import { OssiaError } from '../errors.ts';
import { isCarried } from '../model/carried.ts';
import type { HookDefinition, Settles } from '../model/hook.ts';
import { type AccessFlag, serviceOf } from '../model/state.ts';
import type { Catalogue } from './catalogue.ts';

export interface Effects {
  /** The hook after which this settle key has this value. */
  bringing(key: string, value: string): HookDefinition;
  /** The hook for a change that settles nothing. */
  readonly edited: HookDefinition;
}

export function effectsOf(catalogue: Catalogue): Effects {
  const changing = [...catalogue.values()].filter(({ kind }) => kind === 'change');
  const byEffect = new Map<string, HookDefinition>();
  for (const hook of changing) {
    const effect = effectOf(hook.settles);
    if (!byEffect.has(effect)) byEffect.set(effect, hook);
    const { settles } = hook;
    for (const name of settles !== null && 'carries' in settles ? settles.carries : [])
      byEffect.set(carrying(name), hook);
  }
  const find = (effect: string): HookDefinition => {
    const hook = byEffect.get(effect);
    if (hook === undefined) throw new OssiaError('config_invalid', `No hook of the catalogue settles ${effect}.`);
    return hook;
  };
  return {
    bringing(key, value) {
      if (serviceOf(key) !== undefined) return find(`service: ${value}`);
      if (isCarried(key)) return find(carrying(key));
      return find(key === 'rate' && value !== 'none' ? 'rate: payload' : `${key}: ${value}`);
    },
    edited: find('nothing'),
  };
}

function carrying(name: string): string {
  return `carries ${name}`;
}

function effectOf(settles: Settles | null): string {
  return settles === null ? 'nothing' : `${settles.flag}: ${settles.value}`;
}

export function settlesFlag({ settles }: HookDefinition, flag: AccessFlag, value: boolean): boolean {
  return settles?.flag === flag && settles.value === value;
}
