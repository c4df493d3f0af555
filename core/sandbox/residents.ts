// Bounds how many isolates are in memory: the one unused for longest makes room, and comes back with its next call.
import type { Instance } from './instance.ts';

export interface Residents {
  /** It is about to be used. */
  use(instance: Instance): void;
  /** Some have become idle: those beyond the bound go. */
  makeRoom(): void;
}

export function createResidents(most: number): Residents {
  // A Set keeps the order of insertion: the oldest use comes first.
  const residents = new Set<Instance>();

  function makeRoom(): void {
    if (residents.size <= most) return;
    for (const instance of residents) {
      if (residents.size <= most) return;
      if (instance.isFit() && !instance.isIdle()) continue;
      residents.delete(instance);
      instance.retire();
    }
  }

  return {
    makeRoom,
    use(instance) {
      const known = residents.delete(instance);
      residents.add(instance);
      if (!known) makeRoom();
    },
  };
}
