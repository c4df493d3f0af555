// What an operator does to plugins, over the slots of the registry.
import { hint } from '../config/hint.ts';
import { OssiaError, toOssiaError } from '../errors.ts';
import type { NasPlugin } from './nas.ts';
import type { PluginControl, PluginReport, Which } from './plugin-control.ts';
import type { PluginShelf } from './plugin-shelf.ts';
import type { Slot } from './slot.ts';

interface ControlInput {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly shelf: PluginShelf;
  readAnew(slots: readonly Slot[]): Promise<void>;
  freshShelf(): PluginShelf;
}

export function createPluginControl({ slots, shelf, readAnew, freshShelf }: ControlInput): PluginControl {
  function concerned({ nas, plugin }: Which): readonly Slot[] {
    const all = [...slots.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    const found = all.filter(
      (slot) => (nas === undefined || slot.name === nas) && (plugin === undefined || namesOf(slot).includes(plugin)),
    );
    if (found.length > 0 || (nas === undefined && plugin === undefined)) return found;
    if (nas !== undefined && !slots.has(nas))
      throw new OssiaError('not_found', `There is no NAS profile ${nas}${hint(nas, slots.keys()) || '.'}`);
    const names = new Set(all.flatMap(namesOf));
    throw new OssiaError('not_found', `No profile runs the plugin ${plugin}${hint(plugin ?? '', names) || '.'}`);
  }

  async function report(name: string, users: readonly Slot[]): Promise<PluginReport> {
    const read = await shelf.take(name).then(
      ({ manifest, hash }) => ({ onDisk: { version: manifest.version, hash }, problem: '' }),
      (error) => ({ onDisk: null, problem: toOssiaError(error).message }),
    );
    const inForce = new Map<string, { version: string; hash: string; profiles: string[] }>();
    for (const slot of users) {
      const plugin = inForceAt(slot).find((one) => one.name === name);
      if (plugin === undefined) continue;
      const entry = inForce.get(plugin.hash) ?? { version: plugin.version, hash: plugin.hash, profiles: [] };
      entry.profiles.push(slot.name);
      inForce.set(plugin.hash, entry);
    }
    const pins = users.flatMap((slot) => {
      const pin = slot.plugins().find((one) => one.name === name)?.pin;
      return pin === undefined ? [] : [{ profile: slot.name, pin }];
    });
    return { name, ...read, inForce: [...inForce.values()], pins };
  }

  return {
    async list() {
      const users = concerned({});
      const running = users.flatMap((slot) => inForceAt(slot).map(({ name }) => name));
      const names = [...new Set([...(await shelf.names()), ...running])].sort();
      return Promise.all(names.map((name) => report(name, users)));
    },
    async reload(which, { trust }) {
      const found = concerned(which);
      for (const slot of found) slot.forgive({ trust });
      await readAnew(found);
      return found.map(({ name }) => name);
    },
    async rehearse(which) {
      const fresh = freshShelf();
      return Promise.all(concerned(which).map((slot) => slot.rehearse(fresh)));
    },
  };
}

const namesOf = (slot: Slot): string[] => slot.plugins().map(({ name }) => name);

function inForceAt(slot: Slot): readonly NasPlugin[] {
  const { plugin, beside, shadow } = slot.live()?.nas ?? {};
  return [plugin, beside, shadow?.plugin].filter((one) => one != null);
}
