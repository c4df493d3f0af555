// Sessions are durable in their log; their rows are written behind it, each in its newest state, and read back after a crash.
import { mkdirSync } from 'node:fs';
import type { Session } from '../../model/session.ts';
import { readEntries, type SessionWrite } from '../session-log/entries.ts';
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
  readonly readRow: (key: string) => Promise<Session | undefined>;
  readonly onWrite: (stats: SessionLogStats) => void;
  /** Bytes of log after which live sessions get their rows too. */
  readonly logBytes?: number;
}

const closedDelayMs = 500;
const retryMs = 1000;
const batchSize = 1000;

export async function openSessionsBehind(options: SessionsBehindOptions): Promise<SessionsBehind> {
  const { directory, writeRows, readRow, onWrite, logBytes = 32 * 1024 * 1024 } = options;
  const live = new Map<string, Session>();
  const closed = new Map<string, Session>();
  let timer: NodeJS.Timeout | undefined;
  let flushing: Promise<void> = Promise.resolve();
  let checkpointing: Promise<void> | null = null;
  let isClosing = false;

  await replay();
  const log = openSessionLog({ directory, onWrite });

  /** What was acknowledged before a crash and has no row yet. */
  async function replay(): Promise<void> {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    const newest = new Map<string, Session>();
    for (const frame of readFrames(directory))
      for (const entry of readEntries(frame)) {
        if (entry.type === 'whole') {
          newest.set(entry.session.key, entry.session);
          continue;
        }
        const known = newest.get(entry.key) ?? (await readRow(entry.key));
        if (known !== undefined) newest.set(entry.key, { ...known, ...entry.counters });
      }
    for (const session of newest.values()) note(session);
    await drain(live);
    await drain(closed);
  }

  function note(session: Session): void {
    const [into, from] = session.endedAt === 0 ? [live, closed] : [closed, live];
    into.set(session.key, session);
    from.delete(session.key);
  }

  /** One batch after the other, so that what is written last is what came last. */
  function drain(pending: Map<string, Session>): Promise<void> {
    const last = lastOf(pending.values());
    flushing = flushing
      .catch(() => {})
      .then(async () => {
        for (let more = last !== undefined; more && pending.size > 0; ) {
          const batch = firstOf(pending.values(), batchSize);
          for (const { key } of batch) pending.delete(key);
          try {
            await writeRows(batch.map((session) => ({ type: 'session', session })));
          } catch (error) {
            for (const session of batch) if (!live.has(session.key) && !closed.has(session.key)) note(session);
            throw error;
          }
          more = last !== undefined && !batch.includes(last);
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
    const drop = await log.cut();
    await drain(live);
    await drain(closed);
    drop();
  }

  return {
    write(writes) {
      for (const { session } of writes) note(session);
      if (closed.size > 0) schedule();
      if (log.size() > logBytes)
        checkpointing ??= checkpoint()
          // The files stay, and the next one tries again.
          .catch(() => {})
          .finally(() => {
            checkpointing = null;
          });
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

function lastOf(sessions: Iterable<Session>): Session | undefined {
  let last: Session | undefined;
  for (const session of sessions) last = session;
  return last;
}
