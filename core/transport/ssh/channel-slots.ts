// At most so many channels at once on one connection; further commands wait in order, each until its signal goes off.

export interface ChannelSlots {
  /** Resolves with the giving back when it is this caller's turn, or with null when the signal went off first. */
  take(signal: AbortSignal): Promise<(() => void) | null>;
  /** How many are taken now. */
  taken(): number;
}

export function createChannelSlots(limit: number, onIdle: () => void): ChannelSlots {
  const waiting: (() => void)[] = [];
  let taken = 0;

  function give(): () => void {
    taken += 1;
    return () => {
      taken -= 1;
      waiting.shift()?.();
      if (taken === 0) onIdle();
    };
  }

  return {
    take(signal) {
      if (signal.aborted) return Promise.resolve(null);
      if (taken < limit) return Promise.resolve(give());
      return new Promise((resolve) => {
        const start = () => {
          signal.removeEventListener('abort', leave);
          resolve(give());
        };
        const leave = () => {
          waiting.splice(waiting.indexOf(start), 1);
          resolve(null);
        };
        waiting.push(start);
        signal.addEventListener('abort', leave, { once: true });
      });
    },
    taken: () => taken,
  };
}
