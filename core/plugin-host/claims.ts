// Which profile a box, an accounting source or a NAS id belongs to; each belongs to one.
import type { Profile } from '../config/profile.ts';

export interface Claims {
  /** The first of the profile's keys that another profile has, and whose it is. */
  conflict(profile: Profile): Conflict | undefined;
  /** Replaces what this name had. Returns whether something of it is free now. */
  set(name: string, profiles: readonly Profile[]): boolean;
}

export interface Conflict {
  readonly owner: string;
  readonly value: string;
  readonly path: readonly string[];
}

export function createClaims(): Claims {
  const owners = new Map<string, string>();
  const keysOfName = new Map<string, readonly string[]>();
  return {
    conflict(profile) {
      for (const { key, value, path } of keysOf(profile)) {
        const owner = owners.get(key);
        if (owner !== undefined && owner !== profile.name) return { owner, value, path };
      }
      return undefined;
    },
    set(name, profiles) {
      const had = (keysOfName.get(name) ?? []).filter((key) => owners.get(key) === name);
      for (const key of had) owners.delete(key);
      const keys = profiles.flatMap(keysOf).map(({ key }) => key);
      keysOfName.set(name, keys);
      for (const key of keys) if (!owners.has(key)) owners.set(key, name);
      return had.some((key) => !owners.has(key));
    },
  };
}

interface Key {
  readonly key: string;
  readonly value: string;
  readonly path: readonly string[];
}

function keysOf({ match, radius }: Profile): readonly Key[] {
  const keys = (kind: string, values: readonly string[], path: readonly string[]): Key[] =>
    values.map((value) => ({ key: `${kind}:${value}`, value, path }));
  return [
    ...keys('ip', match.nas_ip, ['match', 'nas_ip']),
    ...keys('id', match.nas_id, ['match', 'nas_id']),
    ...keys('identifier', match.nas_identifier, ['match', 'nas_identifier']),
    ...keys('source', radius?.addresses ?? [], radius ? ['radius', 'addresses'] : []),
  ];
}
