// Makes sessions durable: what comes while a write is under way shares the next one, and is done when that is on disk.
import { OssiaError } from '../../errors.ts';
import { type EntryBuffer, type SessionWrite, writeEntry } from './entries.ts';
import { frameHead, openSegments } from './segments.ts';

export interface SessionLogStats {
  readonly writes: number;
  readonly ms: number;
}

export interface SessionLog {
  /** Rejects with `store_failed`: then none of them is to be counted as kept. */
  append(writes: readonly SessionWrite[]): Promise<void>;
  /** Bytes since the last `cut`. */
  size(): number;
  /** Bytes in all its files. */
  kept(): number;
  /** What is appended from now on stands in a new file; gives what drops the older ones, once they are not needed. */
  cut(): Promise<() => void>;
  healthy(): boolean;
  close(): Promise<void>;
}

export interface SessionLogOptions {
  readonly directory: string;
  readonly onWrite: (stats: SessionLogStats) => void;
}

interface Group extends EntryBuffer {
  count: number;
  readonly done: PromiseWithResolvers<void>;
}

/** Larger buffers are given back after use. */
const mostKept = 4 * 1024 * 1024;

export function openSessionLog({ directory, onWrite }: SessionLogOptions): SessionLog {
  const segments = openSegments(directory);
  const spare: Buffer[] = [];
  let gathering = newGroup();
  let writing: Promise<void> | null = null;
  /** Waits for the end of the write under way: under load there is always a next one. */
  let cutting: PromiseWithResolvers<() => void> | null = null;
  let scheduled = false;
  let healthy = true;
  let closed = false;

  function newGroup(): Group {
    const bytes = spare.pop() ?? Buffer.allocUnsafe(256 * 1024);
    return { bytes, length: frameHead, count: 0, done: Promise.withResolvers() };
  }

  function flush(): void {
    scheduled = false;
    if (writing !== null || gathering.count === 0) return;
    const group = gathering;
    gathering = newGroup();
    writing = group.done.promise;
    writing.catch(() => {});
    const began = performance.now();
    segments.append(group.bytes.subarray(0, group.length), (error) => {
      writing = null;
      healthy = error === null;
      if (group.bytes.length <= mostKept) spare.push(group.bytes);
      if (error === null) {
        onWrite({ writes: group.count, ms: performance.now() - began });
        group.done.resolve();
      } else {
        const failed = new OssiaError('store_failed', 'The session log could not be written.', { cause: error });
        group.done.reject(failed);
        refuseGathered(failed);
      }
      if (cutting !== null) rotate(cutting);
      cutting = null;
      flush();
    });
  }

  /** Counters of a session that stands in what was not written would be all that there is of it. */
  function refuseGathered(failed: OssiaError): void {
    if (gathering.count === 0) return;
    gathering.done.promise.catch(() => {});
    gathering.done.reject(failed);
    gathering = newGroup();
  }

  function rotate({ resolve, reject }: PromiseWithResolvers<() => void>): void {
    try {
      const last = segments.rotate();
      resolve(() => segments.drop(last));
    } catch (error) {
      reject(error);
    }
  }

  /** When nothing of what was appended until now is under way any more. */
  async function settled(): Promise<void> {
    while (writing !== null || gathering.count > 0) {
      flush();
      await (writing as Promise<void> | null)?.catch(() => {});
    }
  }

  return {
    append(writes) {
      if (closed) return Promise.reject(new OssiaError('store_failed', 'The session log is closed.'));
      const group = gathering;
      for (const write of writes) writeEntry(group, write);
      group.count += writes.length;
      // The rest of this turn of the event loop joins the same write.
      if (!scheduled && writing === null) {
        scheduled = true;
        setImmediate(flush);
      }
      return group.done.promise;
    },
    size: segments.size,
    kept: segments.kept,
    cut() {
      const cut = cutting ?? Promise.withResolvers<() => void>();
      if (writing === null) rotate(cut);
      else cutting = cut;
      return cut.promise;
    },
    healthy: () => healthy,
    async close() {
      closed = true;
      await settled();
      segments.close();
    },
  };
}
