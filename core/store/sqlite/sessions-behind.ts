// Sessions are durable in their log; their rows are written behind it, each in its newest state, and read back after a crash.
import { mkdirSync } from 'node:fs';
import { OssiaError, toOssiaError } from '../../errors.ts';
import type { Session } from '../../model/session.ts';
import { type Counters, readEntries, type SessionWrite } from '../session-log/entries.ts';
import { readFrames } from '../session-log/segments.ts';
import { openSessionLog, type SessionLogStats } from '../session-log/session-log.ts';
import type { Change } from '../store.ts';

export interface SessionsBehind {
  /** Resolves when they are durable. */
  write(writes: readonly SessionWrite[]): Promise<void>;
  /** Resolves when the rows say what was written until now: of closed sessions, or of all. */
  settle(which: 'closed' | 'all'): Promise<void>;
  /** Why accounting is not, or soon will not be, answered; empty: all is well. */
  trouble(): string;
  close(): Promise<void>;
}

export interface SessionsBehindOptions {
  readonly directory: string;
  /** Rows, all or none. */
  readonly writeRows: (changes: readonly Change[]) => Promise<unknown>;
  /** Of those of these keys that have one. */
  readonly readRows: (keys: readonly string[]) => Promise<readonly Session[]>;
  readonly onWrite: (stats: SessionLogStats) => void;
  /** Bytes of log after which live sessions get their rows too. */
  readonly logBytes?: number;
  /** Milliseconds after which they do, however little there is. */
  readonly logMs?: number;
  /** Bytes of log at which nothing more is taken until the rows could be written. */
  readonly mostLogBytes?: number;
  /** Milliseconds until rows that could not be written are tried again. */
  readonly againMs?: number;
  /** Said once when it begins and once when it is over. */
  readonly warn?: (message: string) => void;
}

const closedDelayMs = 500;
const retryMs = 1000;
const megabyte = 1024 * 1024;
const batchSize = 1000;
/** At a start nobody else waits for the writer, and each commit costs a sync. */
const replayBatchSize = 10_000;

export async function openSessionsBehind(options: SessionsBehindOptions): Promise<SessionsBehind> {
  const { directory, writeRows, readRows, onWrite, logBytes = 16 * megabyte, logMs = 300_000 } = options;
  const { mostLogBytes = 1024 * megabyte, againMs = 10_000, warn = () => {} } = options;
  const live = new Map<string, Session>();
  const closed = new Map<string, Session>();
  let timer: NodeJS.Timeout | undefined;
  let checkpointTimer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let checkpointing: Promise<void> | null = null;
  let isClosing = false;
  /** Of the old files whose sessions have no rows yet. */
  let dropOld: (() => void) | null = null;
  /** Why the rows could not be written the last time. */
  let failure = '';
  let saidFull = false;

  await replay();
  const log = openSessionLog({ directory, onWrite });
  // All of it has its row: else one crash after the other would have more to read each time.
  (await log.cut())();

  /** What was acknowledged before a crash and has no row yet. */
  async function replay(): Promise<void> {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    const newest = new Map<string, Session>();
    const counted = new Map<string, Counters>();
    for (const frame of readFrames(directory))
      for (const entry of readEntries(frame)) {
        if (entry.type === 'whole') newest.set(entry.session.key, entry.session);
        else if (newest.has(entry.key))
          newest.set(entry.key, { ...(newest.get(entry.key) as Session), ...entry.counters });
        else counted.set(entry.key, entry.counters);
      }
    for (const keys of chunksOf(
      [...counted.keys()].filter((key) => !newest.has(key)),
      replayBatchSize,
    )) {
      for (const row of await readRows(keys)) newest.set(row.key, { ...row, ...counted.get(row.key) });
    }
    for (const sessions of chunksOf([...newest.values()], replayBatchSize)) await writeRows(sessions.map(rowOf));
  }

  function note(session: Session): void {
    const [into, from] = session.endedAt === 0 ? [live, closed] : [closed, live];
    into.set(session.key, session);
    from.delete(session.key);
  }

  /** One batch after the other, so that what is written last is what came last. */
  function drain(pending: Map<string, Session>): Promise<void> {
    flushing = flushing
      .catch(() => {})
      .then(async () => {
        // Counted once the batch before is there, or back among these. What comes meanwhile stands behind, and what changes keeps its place.
        let left = pending.size;
        while (left > 0 && pending.size > 0) {
          const batch = firstOf(pending.values(), batchSize);
          for (const { key } of batch) pending.delete(key);
          try {
            await writeRows(batch.map(rowOf));
          } catch (error) {
            for (const session of batch) if (!live.has(session.key) && !closed.has(session.key)) note(session);
            throw error;
          }
          left -= batch.length;
        }
      });
    return flushing;
  }

  function schedule(ms = closedDelayMs): void {
    if (timer !== undefined || isClosing) return;
    timer = setTimeout(() => {
      timer = undefined;
      drain(closed).catch(() => schedule(retryMs));
    }, ms);
    timer.unref();
  }

  /** When all that stands in the old files has its row, they are dropped. */
  async function checkpoint(): Promise<void> {
    clearTimeout(checkpointTimer);
    checkpointTimer = undefined;
    if (dropOld === null || log.size() > 0) dropOld = await log.cut();
    await drain(live);
    await drain(closed);
    dropOld();
    dropOld = null;
    if (failure !== '') warn('sessions are written to the database again; what their log kept for that is let go');
    failure = '';
    saidFull = false;
  }

  /** The files stay, and it is tried again. */
  function checkpointFailed(error: unknown): void {
    const isNew = failure === '';
    failure = toOssiaError(error).message;
    if (isNew) warn(trouble());
    clearTimeout(checkpointTimer);
    checkpointTimer = undefined;
    awaitCheckpoint(Math.min(againMs, logMs));
  }

  function isFull(): boolean {
    return log.kept() >= mostLogBytes;
  }

  function trouble(): string {
    const kept = `${Math.round(log.kept() / megabyte)} MB of at most ${Math.round(mostLogBytes / megabyte)} MB`;
    if (isFull())
      return `the session log is full (${kept}), and accounting is not answered, because sessions cannot be written to the database: ${failure || 'it takes too long'}`;
    if (failure !== '') return `sessions cannot be written to the database, and their log grows (${kept}): ${failure}`;
    return log.healthy() ? '' : 'the session log cannot be written, and accounting is not answered until it can';
  }

  function refuse(): Promise<never> {
    if (!saidFull) warn(trouble());
    saidFull = true;
    return Promise.reject(new OssiaError('store_failed', `Not kept: ${trouble()}.`));
  }

  function beginCheckpoint(): void {
    checkpointing ??= checkpoint()
      .catch(checkpointFailed)
      .finally(() => {
        checkpointing = null;
      });
  }

  function awaitCheckpoint(ms = logMs): void {
    if (!isClosing) checkpointTimer ??= setTimeout(onTime, ms).unref();
  }

  function onTime(): void {
    checkpointTimer = undefined;
    if (checkpointing === null) beginCheckpoint();
    else awaitCheckpoint();
  }

  return {
    write(writes) {
      if (isFull()) return refuse();
      for (const { session } of writes) note(session);
      if (closed.size > 0) schedule();
      // While that fails, it is tried again by time.
      if (log.size() > logBytes && failure === '') beginCheckpoint();
      awaitCheckpoint();
      return log.append(writes);
    },
    async settle(which) {
      if (which === 'all') await drain(live);
      await drain(closed);
    },
    trouble,
    async close() {
      isClosing = true;
      clearTimeout(timer);
      clearTimeout(checkpointTimer);
      await checkpointing;
      try {
        await checkpoint();
      } finally {
        await log.close();
      }
    },
  };
}

function firstOf(sessions: Iterable<Session>, count: number): Session[] {
  const first: Session[] = [];
  for (const session of sessions) {
    if (first.push(session) === count) break;
  }
  return first;
}

function rowOf(session: Session): Change {
  return { type: 'session', session };
}

function* chunksOf<Item>(items: readonly Item[], size: number): Iterable<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
