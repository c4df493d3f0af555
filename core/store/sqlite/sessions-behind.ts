// Sessions are durable in their log; their rows are written behind it, each in its newest state, and read back after a crash.
import { mkdirSync } from 'node:fs';
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
  healthy(): boolean;
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
}

const closedDelayMs = 500;
const retryMs = 1000;
const batchSize = 1000;
/** At a start nobody else waits for the writer, and each commit costs a sync. */
const replayBatchSize = 10_000;

export async function openSessionsBehind(options: SessionsBehindOptions): Promise<SessionsBehind> {
  const { directory, writeRows, readRows, onWrite, logBytes = 16 * 1024 * 1024, logMs = 300_000 } = options;
  const live = new Map<string, Session>();
  const closed = new Map<string, Session>();
  let timer: NodeJS.Timeout | undefined;
  let checkpointTimer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let checkpointing: Promise<void> | null = null;
  let isClosing = false;

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
    // What comes meanwhile stands behind these, and what changes keeps its place.
    let left = pending.size;
    flushing = flushing
      .catch(() => {})
      .then(async () => {
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
    const drop = await log.cut();
    await drain(live);
    await drain(closed);
    drop();
  }

  function beginCheckpoint(): void {
    checkpointing ??= checkpoint()
      // The files stay, and the next one tries again.
      .catch(awaitCheckpoint)
      .finally(() => {
        checkpointing = null;
      });
  }

  function awaitCheckpoint(): void {
    if (!isClosing) checkpointTimer ??= setTimeout(onTime, logMs).unref();
  }

  function onTime(): void {
    checkpointTimer = undefined;
    if (checkpointing === null) beginCheckpoint();
    else awaitCheckpoint();
  }

  return {
    write(writes) {
      for (const { session } of writes) note(session);
      if (closed.size > 0) schedule();
      if (log.size() > logBytes) beginCheckpoint();
      awaitCheckpoint();
      return log.append(writes);
    },
    async settle(which) {
      if (which === 'all') await drain(live);
      await drain(closed);
    },
    healthy: log.healthy,
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
