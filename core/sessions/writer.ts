// Writes sessions: all that changed in one turn of the event loop in one batch, each in its newest state.
import type { Store } from '../store/store.ts';
import { isSameButCounters } from './rules.ts';
import type { Entry } from './table.ts';

export interface SessionWriter {
  /** Resolves when what the entry holds now is on disk; at once when it is already. */
  write(entry: Entry): Promise<void>;
}

const onDisk = Promise.resolve();

export function createSessionWriter(store: Pick<Store, 'write'>): SessionWriter {
  let gathering: Entry[] = [];
  let batch = Promise.withResolvers<void>();

  function flush(): void {
    const entries = gathering;
    const { promise, resolve, reject } = batch;
    gathering = [];
    batch = Promise.withResolvers<void>();
    const changes = entries.map((entry) => {
      const { session, written } = entry;
      entry.dirty = false;
      entry.written = session;
      return {
        type: 'session',
        session,
        onlyCounters: written !== null && isSameButCounters(written, session),
      } as const;
    });
    store.write(changes).then(
      () => {
        for (const entry of entries) if (entry.writing === promise) entry.writing = null;
        resolve();
      },
      (error: unknown) => {
        for (const entry of entries) {
          entry.dirty = true;
          // What of it is durable is not known: the next time it is written whole.
          entry.written = null;
          if (entry.writing === promise) entry.writing = null;
        }
        reject(error);
      },
    );
  }

  return {
    write(entry) {
      if (!entry.dirty) return entry.writing ?? onDisk;
      if (entry.writing === batch.promise) return batch.promise;
      if (gathering.length === 0) setImmediate(flush);
      gathering.push(entry);
      entry.writing = batch.promise;
      return batch.promise;
    },
  };
}
