// Waits for the ends of sessions that somebody wants ended.
import type { SessionBook } from './book.ts';

export interface EndWatch {
  hasEnded(): boolean;
  /** Resolves at the end of the session, or at that time, milliseconds since 1970. */
  ended(until: number): Promise<void>;
  off(): void;
}

export interface EndWatches {
  watch(id: string): EndWatch;
  close(): void;
}

export function watchEnds(book: Pick<SessionBook, 'onChange'>): EndWatches {
  const watched = new Map<string, Set<() => void>>();
  const unsubscribe = book.onChange(({ type, session }) => {
    if (type === 'stopped') for (const tell of watched.get(session.id) ?? []) tell();
  });
  return {
    watch(id) {
      const { promise, resolve } = Promise.withResolvers<void>();
      let isOver = false;
      const tell = (): void => {
        isOver = true;
        resolve();
      };
      const all = watched.get(id) ?? new Set();
      watched.set(id, all.add(tell));
      return {
        hasEnded: () => isOver,
        async ended(until) {
          const timer = setTimeout(resolve, Math.max(0, until - Date.now()));
          await promise;
          clearTimeout(timer);
        },
        off() {
          all.delete(tell);
          if (all.size === 0) watched.delete(id);
        },
      };
    },
    close() {
      unsubscribe();
      for (const tells of watched.values()) for (const tell of tells) tell();
    },
  };
}
