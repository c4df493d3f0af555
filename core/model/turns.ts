// Runs work under one name strictly one after the other, under different names side by side.

export interface Turns {
  /** Settles as the work does; a failure does not hold the next one up. */
  take<Result>(name: string, work: () => Promise<Result>): Promise<Result>;
  /** Whether work under this name runs or waits. */
  busy(name: string): boolean;
}

export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
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
    busy: (name) => last.has(name),
  };
}
