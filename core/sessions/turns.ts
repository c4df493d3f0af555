// Runs work under one name strictly one after the other, under different names side by side.

export interface Turns {
  /** Settles as the work does; a failure does not hold the next one up. */
  take(name: string, work: () => Promise<void>): Promise<void>;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<void>>();
  return {
    take(name, work) {
      const before = last.get(name);
      const turn = before === undefined ? work() : before.then(work, work);
      last.set(name, turn);
      const leave = (): void => {
        if (last.get(name) === turn) last.delete(name);
      };
      turn.then(leave, leave);
      return turn;
    },
  };
}
