// At most so many at once; the others wait in order, each until its own deadline.
import { armDeadline, type Deadline } from './deadline.ts';

export interface Turns {
  /** Resolves with the giving back, when it is the caller's turn. */
  take(deadline: Deadline): Promise<() => void>;
  idle(): boolean;
}

export function createTurns(limit: number): Turns {
  const waiting = new Set<() => void>();
  let taken = 0;

  function release(): void {
    taken -= 1;
    const [next] = waiting;
    next?.();
  }

  return {
    take(deadline) {
      if (taken < limit) {
        taken += 1;
        return Promise.resolve(release);
      }
      return new Promise((resolve, reject) => {
        const start = () => {
          disarm();
          waiting.delete(start);
          taken += 1;
          resolve(release);
        };
        const disarm = armDeadline(deadline, (error) => {
          waiting.delete(start);
          reject(error);
        });
        waiting.add(start);
      });
    },
    idle: () => taken === 0,
  };
}
