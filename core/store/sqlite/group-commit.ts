// Groups what is written while a commit is under way into the next one, so that many writers share one sync to disk.
import { Worker } from 'node:worker_threads';
import { OssiaError } from '../../errors.ts';
import type { Change, Written } from '../store.ts';
import { encode } from './encode.ts';
import type { Step } from './statements.ts';
import type { WriterReply, WriterRequest } from './writer.ts';

export interface GroupCommit {
  write(changes: readonly Change[]): Promise<Written>;
  /** What is no part of what the daemon knows, e.g. removing what is old. */
  run(steps: readonly Step[]): Promise<Written>;
  /** Whether the last write succeeded. */
  healthy(): boolean;
  close(): Promise<void>;
}

export interface CommitStats {
  readonly batches: number;
  readonly ms: number;
}

interface Pending {
  readonly steps: readonly Step[];
  resolve(result: Written): void;
  reject(error: OssiaError): void;
}

const none: ReadonlySet<string> = new Set();
const setOf = (ids: readonly string[]): ReadonlySet<string> => (ids.length === 0 ? none : new Set(ids));

/** Steps of one commit: who writes little must not wait long for one that others fill. */
const mostSteps = 2000;

export interface GroupCommitOptions {
  readonly file: string;
  onCommit(stats: CommitStats): void;
  /** The writer is gone and nothing can be written any more; not called by `close`. */
  onDeath(why: string): void;
}

export async function openGroupCommit({ file, onCommit, onDeath }: GroupCommitOptions): Promise<GroupCommit> {
  const worker = new Worker(new URL('./writer.ts', import.meta.url), { workerData: { file }, name: 'store-writer' });
  let queued: Pending[] = [];
  let inFlight: Pending[] = [];
  let startedAt = 0;
  let dead: OssiaError | undefined;
  let healthy = true;
  let closing = false;
  let idle: (() => void) | undefined;
  const send = (request: WriterRequest): void => worker.postMessage(request);

  const flush = (): void => {
    if (inFlight.length > 0 || queued.length === 0) return;
    inFlight = queued.splice(0, batchesWithin(queued));
    startedAt = performance.now();
    send({ type: 'group', batches: inFlight.map(({ steps }) => steps) });
  };
  const settle = (reply: Extract<WriterReply, { type: 'done' }>): void => {
    const settled = inFlight;
    inFlight = [];
    onCommit({ batches: settled.length, ms: performance.now() - startedAt });
    flush();
    healthy = reply.results.every((result) => !('error' in result));
    for (const [index, pending] of settled.entries()) {
      const result = reply.results[index];
      if (result === undefined || 'error' in result)
        pending.reject(new OssiaError('store_failed', `The store could not write: ${result?.error}`));
      else pending.resolve({ duplicates: setOf(result.duplicates), conflicts: setOf(result.conflicts) });
    }
    if (inFlight.length === 0) idle?.();
  };
  const fail = (message: string): void => {
    if (dead === undefined && !closing) onDeath(message);
    dead ??= new OssiaError('store_failed', message);
    for (const pending of [...inFlight, ...queued]) pending.reject(dead);
    inFlight = [];
    queued = [];
    idle?.();
  };

  await new Promise<void>((resolve, reject) => {
    worker.on('message', (reply: WriterReply) => {
      if (reply.type === 'ready') resolve();
      else if (reply.type === 'failed') {
        closing = true;
        void worker.terminate();
        reject(new OssiaError('store_failed', `${file} cannot be opened: ${reply.error}`));
      } else if (reply.type === 'done') settle(reply);
    });
    worker.on('error', (error) => {
      fail(`The store's writer died: ${error.message}`);
      reject(dead);
    });
    worker.on('exit', () => fail(closing ? 'The store is closed.' : "The store's writer ended."));
  });

  const run = (steps: readonly Step[]): Promise<Written> => {
    if (dead !== undefined) return Promise.reject(dead);
    return new Promise((resolve, reject) => {
      queued.push({ steps, resolve, reject });
      // The rest of this turn of the event loop joins the same commit.
      if (queued.length === 1) setImmediate(flush);
    });
  };

  return {
    write: (changes) => run(changes.flatMap(encode)),
    run,
    healthy: () => healthy && dead === undefined,
    async close() {
      if (dead !== undefined) return;
      closing = true;
      if (inFlight.length > 0 || queued.length > 0) await new Promise<void>((resolve) => (idle = resolve));
      const closed = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      send({ type: 'close' });
      await closed;
    },
  };
}

/** How many of the first go into one commit: at least one. */
function batchesWithin(queued: readonly Pending[]): number {
  let count = 0;
  for (let steps = 0; count < queued.length; count++) {
    steps += queued[count]?.steps.length ?? 0;
    if (count > 0 && steps > mostSteps) break;
  }
  return count;
}
